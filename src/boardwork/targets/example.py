"""`example:lstm-classifier` -> a reference model that ships with the package."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from boardwork.examples import EXAMPLES
from boardwork.targets.assemble import assemble
from boardwork.targets.build import build
from boardwork.targets.call import Call
from boardwork.targets.input_spec import InputSpec, parse_input
from boardwork.targets.subject import Subject
from boardwork.targets.unknown import unknown


def load(call: Call, given: Sequence[InputSpec]) -> Subject:
    """Build the example that the call names, with its usual input unless its sizes were changed. Raises TargetError."""
    if call.name not in EXAMPLES:
        raise unknown("example", call.name, EXAMPLES, ", ".join(EXAMPLES))
    place, usual = EXAMPLES[call.name]
    module_name, _, class_name = place.partition(":")
    module = build(getattr(importlib.import_module(module_name), class_name), call)
    changed = call.args or call.kwargs
    inputs = given or ([] if changed else [parse_input(usual)])
    return assemble(module, target=call.target, title=call.name, given=inputs)
