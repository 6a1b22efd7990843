"""What pytest must not import: scripts of the processes in which pages run."""

collect_ignore = ["run_page.py", "servers.py", "offline"]
