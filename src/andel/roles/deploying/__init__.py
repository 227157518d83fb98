"""A safe set-up of a coordinator's machine, as files: nginx, systemd, containers, certificates, and a guide."""
