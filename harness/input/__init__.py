"""From what somebody typed to a scenario: flags, environment variables, presets.

Enters: text. Leaves: a ``Scenario``, or one line about the field, the value and what is accepted. The only
part that knows how a field was typed; only the command line and the self-test, which runs scenarios as a user
would, import it. Imports ``scenario``, ``records`` and, for what a load consists of, ``worker``.
"""
