"""The command line: words come in, output and an exit code go out.

Enters: arguments, the environment, signals. Leaves: text on the terminal, the files of ``--output``, an exit
code. The only part that prints, and the only one that chooses an exit code. Imports all that is before it.
"""
