"""The page: what a browser asks the gateway for, and nothing of how the facts behind it are found."""
