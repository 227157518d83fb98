"""cli: what a person types. Parses, wires, prints; decides nothing.

takes  arguments, options, the environment
gives  text on the terminal, JSON on standard output, an exit code: 0 done, 1 refused, 2 misuse
never  shows a traceback for what a person can mend
"""
