"""Every setting as an environment variable: it wins over the file, and a name that nothing reads is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.model import Severity
from monitor.settings import NOT_BUILT, Settings, SettingsError, load_settings, variable_of
from monitor.settings.schema import leaf_paths, section_paths

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = frozenset({"link/disconnected", "link/initiated"})


def load(path: Path | None = None, /, **variables: str) -> Settings:
    environ = {f"PEERING_MONITOR_{name}": value for name, value in variables.items()}
    return load_settings(path, environ, check_names=CHECKS)


def problems(path: Path | None = None, /, **variables: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(path, **variables)
    return [str(problem).removeprefix("PEERING_MONITOR_") for problem in caught.value.problems]


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "monitor.yaml"
    file.write_text(text)
    return file


def test_a_variables_name_is_the_path_in_capitals() -> None:
    assert variable_of(("azure", "static_token")) == "PEERING_MONITOR_AZURE__STATIC_TOKEN"
    assert variable_of(("collectors", "topology", "interval")) == "PEERING_MONITOR_COLLECTORS__TOPOLOGY__INTERVAL"


def test_no_two_settings_share_a_variable() -> None:
    names = [variable_of(path) for path in (*section_paths(), *leaf_paths())]
    assert len(names) == len(set(names))


def test_scalars_are_text_of_the_settings_type() -> None:
    settings = load(
        HTTP__LISTEN="[::1]:0",
        AZURE__MAX_CONCURRENCY="8",
        COLLECTORS__TRAFFIC__ENABLED="false",
        COLLECTORS__TOPOLOGY__INTERVAL=" 5s\n",
        LOG__LEVEL="DEBUG",
    )
    assert str(settings.http.listen) == "[::1]:0"
    assert settings.azure.max_concurrency == 8
    assert settings.collectors.traffic.enabled is False
    assert settings.collectors.topology.interval == 5.0
    assert settings.log.level == "debug"


def test_a_scalar_is_never_yaml() -> None:
    settings = load(
        AZURE__STATIC_TOKEN="*{x: [", AZURE__CREDENTIAL="static", AZURE__RESOURCE_MANAGER_URL="http://localhost:1"
    )
    assert settings.azure.static_token is not None
    assert settings.azure.static_token.get_secret_value() == "*{x: ["


def test_lists_and_maps_are_yaml() -> None:
    settings = load(
        SUBSCRIPTIONS__INCLUDE='["*-prod", dev]',
        CHECKS__SEVERITY="{link/initiated: critical}",
        CHECKS__DISABLED="- link/disconnected\n- link/initiated",
    )
    assert settings.subscriptions.include == ("*-prod", "dev")
    assert settings.checks.severity == {"link/initiated": Severity.CRITICAL}
    assert settings.checks.disabled == ("link/disconnected", "link/initiated")


def test_the_environment_wins_over_the_file_and_leaves_the_rest_of_it(tmp_path: Path) -> None:
    file = written(tmp_path, "log: {level: error, format: console}\nsubscriptions: {exclude: [a, b]}")
    settings = load(file, LOG__LEVEL="debug", SUBSCRIPTIONS__EXCLUDE="[c]")
    assert settings.log.level == "debug"
    assert settings.log.format == "console"
    assert settings.subscriptions.exclude == ("c",)


def test_a_whole_section_is_yaml_and_merged_key_by_key(tmp_path: Path) -> None:
    file = written(tmp_path, "log: {level: error, format: console}")
    assert load(file, LOG="{level: debug}").log.model_dump() == {"level": "debug", "format": "console"}


def test_the_variable_of_a_setting_wins_over_that_of_its_section() -> None:
    settings = load(
        COLLECTORS__TRAFFIC__INTERVAL="3s",
        COLLECTORS="{traffic: {interval: 1s, grain: 1h}, topology: {interval: 1s}}",
        COLLECTORS__TRAFFIC="{interval: 2s}",
    )
    assert settings.collectors.traffic.interval == 3.0
    assert settings.collectors.traffic.grain == "1h"
    assert settings.collectors.topology.interval == 1.0


def test_a_map_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = written(tmp_path, "checks: {severity: {link/disconnected: info}}")
    assert load(file, CHECKS__SEVERITY="{link/initiated: info}").checks.severity == {
        "link/initiated": Severity.INFO
    }


def test_an_empty_variable_is_as_if_it_were_not_set(tmp_path: Path) -> None:
    file = written(tmp_path, "log: {level: error}\nchecks: {disabled: [link/initiated]}")
    settings = load(file, LOG__LEVEL="", CHECKS__DISABLED=" ", AZURE__TENANT_ID="", CONFIG="", CHECKS="")
    assert settings.log.level == "error"
    assert settings.checks.disabled == ("link/initiated",)


def test_null_takes_back_what_the_file_says_where_null_is_a_value(tmp_path: Path) -> None:
    file = written(tmp_path, "azure: {tenant_id: contoso.com}\nchecks: {disabled: [link/initiated]}")
    settings = load(file, AZURE__TENANT_ID="null", CHECKS__DISABLED="null")
    assert settings.azure.tenant_id is None
    assert settings.checks.disabled == ()


def test_null_is_refused_where_it_is_no_value() -> None:
    assert problems(LOG__FORMAT="null") == ["LOG__FORMAT: must be one of json, console, not 'null'"]


def test_the_file_may_be_named_by_a_variable_and_an_argument_wins(tmp_path: Path) -> None:
    one = written(tmp_path, "log: {level: error}")
    other = tmp_path / "other.yaml"
    other.write_text("log: {level: debug}")
    assert load(CONFIG=str(one)).log.level == "error"
    assert load(other, CONFIG=str(one)).log.level == "debug"


@pytest.mark.parametrize(
    "name",
    ["SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_9789_TCP", "PORT_9789_TCP_PROTO"],
)
def test_what_kubernetes_injects_for_a_service_of_our_name_is_passed_over(name: str) -> None:
    assert load(**{name: "tcp://10.0.0.1:9789"}) == Settings()


def test_variables_of_others_are_passed_over() -> None:
    assert load_settings(None, {"PATH": "x", "AZURE_TENANT_ID": "x", "peering_monitor_x": "y"}) == Settings()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("AZURE_TENANT_ID", "is no setting; did you mean PEERING_MONITOR_AZURE__TENANT_ID?"),
        ("Http__Listen", "is no setting; did you mean PEERING_MONITOR_HTTP__LISTEN?"),
        (
            "INTERVAL",
            (
                "is no setting; did you mean PEERING_MONITOR_COLLECTORS__TOPOLOGY__INTERVAL "
                "or PEERING_MONITOR_COLLECTORS__TRAFFIC__INTERVAL?"
            ),
        ),
        ("MAX_CONCURRENCY", "is no setting; did you mean PEERING_MONITOR_AZURE__MAX_CONCURRENCY?"),
        (
            "CHECKS__SEVERITY__LINK",
            "is no setting; PEERING_MONITOR_CHECKS__SEVERITY takes the whole of it as YAML",
        ),
        (
            "ZZZ",
            "is no setting; variables are PEERING_MONITOR_ and the setting's path in capitals joined by __",
        ),
        (
            "SIMULATOR_SERVICE_HOST",
            (
                "is no setting; it looks like what Kubernetes injects for a Service whose name starts with "
                "peering-monitor-: set enableServiceLinks: false on the pod"
            ),
        ),
    ],
)
def test_a_variable_that_nothing_reads_is_refused(name: str, said: str) -> None:
    assert problems(**{name: "hunter2"}) == [f"{name}: {said}"]


@pytest.mark.parametrize("name", NOT_BUILT)
def test_what_is_not_built_is_refused_in_words(name: str) -> None:
    variable = name.upper().replace(".", "__")
    said = f"is not available in this version ({NOT_BUILT[name]}); remove it"
    assert problems(**{variable: "x"}) == [f"{variable}: {said}"]
    assert problems(**{f"{variable}__DEEPER": "x"}) == [f"{variable}__DEEPER: {said}"]


def test_a_problem_within_a_variable_names_both(tmp_path: Path) -> None:
    file = written(tmp_path, "log: {level: loud}")
    assert problems(file, CHECKS__DISABLED="[nope]", LOG="{format: xml, zzz: 1}", AZURE="hunter2") == [
        f"{file}:1: log.level: must be one of debug, info, warning, error, not 'loud'",
        "AZURE: must be a map of settings, not text",
        (
            "CHECKS__DISABLED (checks.disabled[0]): there is no check 'nope' in this version; "
            "the checks are link/disconnected, link/initiated"
        ),
        "LOG (log.format): must be one of json, console, not 'xml'",
        "LOG (log.zzz): is no setting; log has format, level",
    ]


def test_bad_yaml_in_a_variable_is_told_with_its_place_and_no_value() -> None:
    said = problems(
        SUBSCRIPTIONS__INCLUDE="[*]",
        CHECKS__SEVERITY="a: 1\na: 2",
        CHECKS__DISABLED="- a\n- [b",
        AZURE="{x: 'hunter2}",
    )
    assert said == [
        "AZURE: is YAML: column 14: the quote opened in line 1 is not closed",
        (
            "CHECKS__DISABLED: is YAML: line 2, column 5: while parsing a flow sequence: "
            "expected ',' or ']', but got '<stream end>'"
        ),
        "CHECKS__SEVERITY: is YAML: a is there twice, first in line 1; remove one of them",
        (
            "SUBSCRIPTIONS__INCLUDE: is YAML: column 3: a * at the start means an alias in YAML; "
            'put the text in quotes, such as "*" or "*-prod"'
        ),
    ]


def test_a_secret_from_the_environment_is_not_shown() -> None:
    said = problems(AZURE__STATIC_TOKEN="hunter2", AZURE__CREDENTIAL="statik")
    assert "hunter2" not in "".join(said)
    said = problems(AZURE__STATIC_TOKEN="hunter2\udcff", AZURE__CREDENTIAL="static")
    assert "hunter2" not in "".join(said)


def test_what_is_ignored_is_yaml_and_a_problem_in_it_is_named_in_its_place() -> None:
    settings = load(CHECKS__IGNORE="[{vnet: x, until: 2030-12-31, reason: y}]")
    assert [one.vnet for one in settings.checks.ignore] == ["x"]
    assert problems(
        CHECKS__IGNORE="- {vnet: x, until: 2030-12-31, reason: y}\n- {vnet: x, until: 2030-12-31}"
    ) == ["CHECKS__IGNORE (checks.ignore[1].reason): is needed"]
