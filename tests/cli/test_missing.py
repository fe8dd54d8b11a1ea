"""An extra that is not installed is named, with the command that brings it; any other missing module is a bug."""

import pytest

from primordia.cli import missing


@pytest.mark.parametrize(
    ("package", "extra"), [("jax", "games"), ("equinox", "minds"), ("datasets", "text"), ("ray", "sweep")]
)
def test_the_extra_is_named(package, extra):
    found = missing.sentence(ModuleNotFoundError(name=f"{package}.numpy"))
    assert found == f"{package} is not installed; `pip install 'primordia[{extra}]'` brings it."


@pytest.mark.parametrize("wing", ["minds", "games"])
def test_the_extra_of_the_wing_that_asked_is_named(wing):
    asking = {"__name__": f"primordia.{wing}.experiments.something"}
    with pytest.raises(ModuleNotFoundError) as raised:
        exec("def ask():\n    raise ModuleNotFoundError(name='jax')\nask()", asking)
    assert f"primordia[{wing}]" in missing.sentence(raised.value)


def test_a_module_of_no_extra_is_raised_as_it_was():
    error = ModuleNotFoundError(name="primordia.core.nothing")
    with pytest.raises(ModuleNotFoundError) as raised:
        missing.sentence(error)
    assert raised.value is error
