"""The command line: takes arguments, prints results and returns an exit code.

Enters: arguments, the environment, signals. Leaves: text on the terminal, the files of
``--output``, an exit code. Only this package prints and chooses an exit code. It may import all
others.
"""
