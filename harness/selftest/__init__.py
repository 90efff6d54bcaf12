"""The self-test: what clientbench says of this machine and of itself before it says anything of clients."""
