"""The settings file: defaults, what each setting accepts, and every problem told at once with its way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from monitor.model import Severity
from monitor.settings import NOT_BUILT, Azure, Grain, Listen, Settings, SettingsError, load_settings, to_yaml
from monitor.settings.schema import dotted, leaf_paths

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = frozenset({"link/disconnected", "link/initiated", "link/out-of-sync"})

PUBLISHED = """
azure:
  cloud: public
  resource_manager_url: null
  log_analytics_url: null
  tenant_id: null
  credential: default
  static_token: null
  max_concurrency: 16
  request_timeout: 30s
subscriptions:
  include: ["*"]
  exclude: []
  management_groups: []
collectors:
  topology: {interval: 30s}
  traffic:
    enabled: true
    interval: 5m
    grain: 5m
    metrics: [BytesInPeering, BytesOutPeering, PingMeshAverageRoundtripMs, PingMeshProbesFailedPercent]
    log_analytics_workspace_id: null
  routes: {enabled: true, interval: 5m}
  activity: {enabled: true}
staleness:
  max_age: 24h
checks:
  disabled: []
  severity: {}
  ignore: []
expectations: []
http:
  listen: 0.0.0.0:9789
  health_listen: null
  external_url: null
  web_config_file: null
log: {level: info, format: json}
shard: {index: 0, total: 1}
"""
"""Every setting that users are promised, with its default."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "monitor.yaml"


def load(file: Path, text: str | bytes, **layers: Any) -> Settings:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_settings(file, {}, check_names=CHECKS, **layers)


def problems(file: Path, text: str | bytes) -> list[str]:
    """What is said of a file, without the file's name in front."""
    with pytest.raises(SettingsError) as caught:
        load(file, text)
    return [str(problem).removeprefix(f"{file}").removeprefix(":").strip() for problem in caught.value.problems]


def problem(file: Path, text: str | bytes) -> str:
    """The only thing that is said of a file."""
    (only,) = problems(file, text)
    return only


def lookup(settings: Settings, path: str) -> Any:
    value: Any = settings
    for name in path.split("."):
        value = getattr(value, name)
    return value


def nested(path: str, value: str) -> str:
    return "".join("{" + name + ": " for name in path.split(".")) + value + "}" * (path.count(".") + 1)


class TestEverySetting:
    def test_what_is_promised_is_either_a_setting_with_that_default_or_known_as_not_built(self) -> None:
        promised = dict(_leaves(YAML(typ="safe", pure=True).load(PUBLISHED)))
        defaults = dict(_leaves(YAML(typ="safe", pure=True).load(to_yaml(Settings()))))
        not_built = {
            name for name in promised if any(name == key or name.startswith(f"{key}.") for key in NOT_BUILT)
        }
        assert defaults == {name: value for name, value in promised.items() if name not in not_built}
        assert all(any(name == key or name.startswith(f"{key}.") for name in promised) for key in NOT_BUILT)

    @pytest.mark.parametrize("path", leaf_paths(), ids=dotted)
    def test_every_setting_is_described(self, path: tuple[str, ...]) -> None:
        section: Any = Settings
        for name in path[:-1]:
            section = section.model_fields[name].annotation
        description = section.model_fields[path[-1]].description
        assert description
        assert description.endswith(".")

    def test_settings_cannot_be_changed(self) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            Settings().log.level = "debug"

    def test_durations_are_seconds(self) -> None:
        settings = Settings()
        assert settings.collectors.topology.interval == 30.0
        assert settings.collectors.traffic.interval == 300.0
        assert settings.staleness.max_age == 86400.0
        assert settings.azure.request_timeout == 30.0

    @pytest.mark.parametrize(
        "text", ["", "# nothing\n", "---\n", "null\n", "azure:\nhttp:\n", "checks: {disabled: }"]
    )
    def test_what_is_empty_leaves_the_defaults(self, file: Path, text: str) -> None:
        assert load(file, text) == Settings()

    def test_without_a_file_the_defaults_hold(self) -> None:
        assert load_settings(None, {}) == Settings()

    def test_a_byte_order_mark_is_no_text(self, file: Path) -> None:
        assert load(file, b"\xef\xbb\xbflog: {level: debug}").log.level == "debug"

    def test_an_overlay_is_below_the_file_and_arguments_are_above(self, file: Path) -> None:
        settings = load(
            file,
            "log: {level: debug}\nhttp: {listen: ':1'}",
            overlay={"log": {"level": "error", "format": "console"}},
            arguments={"http": {"listen": "[::1]:0"}},
        )
        assert settings.log.level == "debug"
        assert settings.log.format == "console"
        assert settings.http.listen == Listen("::1", 0)


def _leaves(data: Any, above: str = "") -> list[tuple[str, Any]]:
    if not isinstance(data, dict) or not data:
        return [(above, data)]
    return [leaf for name, value in data.items() for leaf in _leaves(value, f"{above}.{name}".removeprefix("."))]


ACCEPTED: list[tuple[str, str, Any]] = [
    ("azure.cloud", "usgovernment", "usgovernment"),
    ("azure.resource_manager_url", "'HTTPS://ARM.example.com:8443/'", "https://arm.example.com:8443"),
    ("azure.resource_manager_url", "'http://127.8.8.8:1'", "http://127.8.8.8:1"),
    ("azure.resource_manager_url", "'http://[::1]:1'", "http://[::1]:1"),
    ("azure.resource_manager_url", "'http://LOCALHOST'", "http://localhost"),
    ("azure.tenant_id", "0B1F6471-1BF0-4DDA-AEC3-CB9272F09590", "0b1f6471-1bf0-4dda-aec3-cb9272f09590"),
    ("azure.tenant_id", "Contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
    ("azure.max_concurrency", "1", 1),
    ("azure.max_concurrency", "256", 256),
    ("azure.request_timeout", "1s", 1.0),
    ("subscriptions.include", "[prod-*, 0B1F6471-1BF0-4DDA-AEC3-CB9272F09590, 'Ünï 1']", None),
    ("subscriptions.include", "[a, b, a]", ("a", "b")),
    ("subscriptions.exclude", "[sandbox-?]", ("sandbox-?",)),
    ("subscriptions.exclude", "null", ()),
    ("subscriptions.management_groups", "[mg-a, MG-A, mg_(b).c]", ("mg-a", "mg_(b).c")),
    ("subscriptions.management_groups", "null", ()),
    ("collectors.topology.interval", "90s", 90.0),
    ("collectors.traffic.enabled", "false", False),
    ("collectors.traffic.enabled", "no", False),
    ("collectors.traffic.interval", "2m", 120.0),
    ("collectors.traffic.grain", "24h", Grain.ONE_DAY),
    ("collectors.traffic.grain", "60m", Grain.ONE_HOUR),
    ("collectors.traffic.metrics", "[BytesInPeering]", ("BytesInPeering",)),
    ("staleness.max_age", "8760h", 31536000.0),
    ("checks.disabled", "[link/initiated]", ("link/initiated",)),
    ("checks.severity", "{link/initiated: critical}", {"link/initiated": Severity.CRITICAL}),
    ("http.listen", "'127.0.0.1:0'", Listen("127.0.0.1", 0)),
    ("http.listen", "'[::]:65535'", Listen("::", 65535)),
    ("http.listen", "'localhost:80'", Listen("localhost", 80)),
    ("http.listen", "':9789'", Listen("0.0.0.0", 9789)),
    ("http.external_url", "'https://x.example/peerings/'", "https://x.example/peerings"),
    ("log.level", "WARNING", "warning"),
    ("log.format", "console", "console"),
]


@pytest.mark.parametrize(("path", "text", "value"), ACCEPTED)
def test_a_setting_accepts(file: Path, path: str, text: str, value: Any) -> None:
    settings = load(file, nested(path, text))
    if value is not None:
        assert lookup(settings, path) == value


@pytest.mark.parametrize(("path", "text", "value"), ACCEPTED)
def test_what_config_show_prints_is_read_back_as_the_same(file: Path, path: str, text: str, value: Any) -> None:  # noqa: ARG001
    settings = load(file, nested(path, text))
    assert load(file, to_yaml(settings)) == settings


def test_ids_are_compared_in_lower_case_and_names_are_kept(file: Path) -> None:
    settings = load(file, "subscriptions: {include: [0B1F6471-1BF0-4DDA-AEC3-CB9272F09590, Prod-A]}")
    assert settings.subscriptions.include == ("0b1f6471-1bf0-4dda-aec3-cb9272f09590", "Prod-A")


@pytest.mark.parametrize(
    ("grain", "iso", "seconds"),
    [("1m", "PT1M", 60), ("30m", "PT30M", 1800), ("6h", "PT6H", 21600), ("24h", "P1D", 86400)],
)
def test_a_grain_knows_its_length_and_azures_name_for_it(grain: str, iso: str, seconds: float) -> None:
    assert (Grain(grain).iso, Grain(grain).seconds) == (iso, seconds)


LISTEN = "must be HOST:PORT, such as 0.0.0.0:9789, localhost:9789 or [::1]:9789"
DURATION = "must be a whole number of seconds, minutes or hours, such as 30s, 5m or 24h"
ENDPOINT = "must be scheme://host[:port] and nothing after it, such as https://management.azure.com"
HTTPS = "must be an https:// URL (tokens are sent there; http:// only to this machine's loopback)"
EXTERNAL = "must be an http:// or https:// URL such as https://peerings.example.com, without a query"
TENANT = "must be the tenant's id (a UUID) or one of its domains, such as contoso.onmicrosoft.com"
SUBSCRIPTION = "must be a subscription id or a glob on the display name, such as prod-*"

ALIAS = 'a * at the start means an alias in YAML; put the text in quotes, such as "*" or "*-prod"'

REFUSED = [
    ("azure.cloud", "publik", "must be one of public, usgovernment, china, not 'publik'; did you mean public?"),
    ("azure.cloud", "null", "must be one of public, usgovernment, china, not null"),
    ("azure.resource_manager_url", "management.azure.com", f"{ENDPOINT}, not 'management.azure.com'"),
    ("azure.resource_manager_url", "'https://x/y'", f"{ENDPOINT}, not 'https://x/y'"),
    ("azure.resource_manager_url", "'https://x?'", f"{ENDPOINT}, not 'https://x?'"),
    ("azure.resource_manager_url", "'https://x:0'", f"{ENDPOINT}, not 'https://x:0'"),
    ("azure.resource_manager_url", "'https://x:99999'", f"{ENDPOINT}, not 'https://x:99999'"),
    ("azure.resource_manager_url", "'https://'", f"{ENDPOINT}, not 'https://'"),
    ("azure.resource_manager_url", '"https://x\\ty"', f"{ENDPOINT}, not 'https://x\\ty'"),
    ("azure.resource_manager_url", "'https://me:pass@x'", f"{ENDPOINT}, not 'https://***@x'"),
    (
        "azure.resource_manager_url",
        "'http://127.0.0.1@evil.example'",
        f"{ENDPOINT}, not 'http://***@evil.example'",
    ),
    ("azure.resource_manager_url", "'http://arm.example'", f"{HTTPS}, not 'http://arm.example'"),
    ("azure.resource_manager_url", "'http://127.0.0.1.nip.io'", f"{HTTPS}, not 'http://127.0.0.1.nip.io'"),
    ("azure.resource_manager_url", "'http://0.0.0.0:1'", f"{HTTPS}, not 'http://0.0.0.0:1'"),
    ("azure.tenant_id", "contoso", f"{TENANT}, not 'contoso'"),
    ("azure.max_concurrency", "0", "must be at least 1, not 0"),
    ("azure.max_concurrency", "257", "must be at most 256, not 257"),
    ("azure.max_concurrency", "many", "must be a whole number, not 'many'"),
    ("azure.max_concurrency", "true", "must be a whole number, not true"),
    ("azure.max_concurrency", "1.5", "must be a whole number, not 1.5"),
    ("azure.max_concurrency", "0x" + "f" * 4400, "must be at most 256, not such a large number"),
    ("azure.request_timeout", "30", "must be a duration with its unit, such as 30s, 5m or 24h, not 30"),
    ("azure.request_timeout", "0s", "must be at least 1s and at most 8760h, not '0s'"),
    ("azure.request_timeout", "500ms", f"{DURATION}, not '500ms'"),
    ("azure.request_timeout", "1.5h", f"{DURATION}, not '1.5h'"),
    ("azure.request_timeout", "-1s", f"{DURATION}, not '-1s'"),
    ("collectors.topology.interval", "1d", f"{DURATION}, not '1d'"),
    ("collectors.topology.interval", "null", f"{DURATION}, not null"),
    (
        "collectors.traffic.grain",
        "2m",
        "must be one of Azure Monitor's grains: 1m, 5m, 15m, 30m, 1h, 6h, 12h, 24h, not '2m'",
    ),
    ("collectors.traffic.enabled", "maybe", "must be true or false, not 'maybe'"),
    (
        "collectors.traffic.metrics",
        "[]",
        "must name a metric; to read none, set collectors.traffic.enabled to false",
    ),
    ("subscriptions.include", "[]", 'must name at least one subscription; ["*"] is every readable one'),
    ("subscriptions.include", "prod-*", "must be a list, such as [\"prod-*\"], not 'prod-*'"),
    ("checks.disabled", "{a: b}", 'must be a list, such as ["…"], not a map'),
    ("checks.severity", "[a]", "must be a map, such as {name: value}, not a list"),
    ("http.listen", "9789", f"{LISTEN}, not 9789"),
    ("http.listen", "localhost", f"{LISTEN}, not 'localhost'"),
    ("http.listen", "'::1:9789'", f"{LISTEN}, not '::1:9789'"),
    ("http.listen", "'[1.2.3.4]:9789'", f"{LISTEN}, not '[1.2.3.4]:9789'"),
    ("http.listen", "'a b:9789'", f"{LISTEN}, not 'a b:9789'"),
    ("http.listen", "'x:65536'", f"{LISTEN}, not 'x:65536'"),
    ("http.external_url", "'ftp://x'", f"{EXTERNAL}, not 'ftp://x'"),
    ("http.external_url", "'https://x/?a=b'", f"{EXTERNAL}, not 'https://x/?a=b'"),
    ("log.level", "loud", "must be one of debug, info, warning, error, not 'loud'"),
]


@pytest.mark.parametrize(("path", "text", "said"), REFUSED)
def test_a_setting_refuses_and_says_what_it_accepts(file: Path, path: str, text: str, said: str) -> None:
    assert problem(file, nested(path, text)) == f"1: {path}: {said}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[2024]", "must be text (put numbers and the like in quotes), not 2024"),
        ("[' ']", f"{SUBSCRIPTION}, not ' '"),
        ('["a\\e[31m"]', f"{SUBSCRIPTION}, not 'a\\x1b[31m'"),
        (
            "[/subscriptions/x]",
            "must be the subscription's id alone, without /subscriptions/, not '/subscriptions/x'",
        ),
    ],
)
def test_an_item_is_refused_where_it_stands(file: Path, text: str, said: str) -> None:
    assert problem(file, f"subscriptions:\n  include: {text}") == f"2: subscriptions.include[0]: {said}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[7]", "must be text (put numbers and the like in quotes), not 7"),
        (
            "[Corp A]",
            "must be the id of a management group (not its display name), such as mg-platform, not 'Corp A'",
        ),
        (
            "[Microsoft.Management/managementGroups/a]",
            (
                "must be the management group's id alone, without the path before it, "
                "not 'Microsoft.Management/managementGroups/a'"
            ),
        ),
    ],
)
def test_a_management_group_is_refused_where_it_stands(file: Path, text: str, said: str) -> None:
    found = problem(file, f"subscriptions:\n  management_groups: {text}")
    assert found == f"2: subscriptions.management_groups[0]: {said}"


class TestChecks:
    def test_an_unknown_check_is_refused_with_the_nearest(self, file: Path) -> None:
        assert problem(file, "checks: {disabled: [link/out-of-sink]}") == (
            "1: checks.disabled[0]: there is no check 'link/out-of-sink' in this version; "
            "did you mean link/out-of-sync?"
        )

    def test_without_a_near_one_all_are_named(self, file: Path) -> None:
        assert problem(file, "checks: {severity: {zzz: info}}") == (
            "1: checks.severity.zzz: there is no check 'zzz' in this version; "
            "the checks are link/disconnected, link/initiated, link/out-of-sync"
        )

    def test_an_unknown_severity_is_refused_at_its_check(self, file: Path) -> None:
        assert problem(file, "checks:\n  severity:\n    link/initiated: fatal") == (
            "3: checks.severity[link/initiated]: must be one of info, warning, critical, not 'fatal'"
        )

    def test_who_does_not_know_the_checks_accepts_any(self) -> None:
        assert load_settings(None, {}, overlay={"checks": {"disabled": ["zzz"]}}).checks.disabled == ("zzz",)


IGNORE = "checks:\n  ignore:\n    - {entry}\n"
REST = "until: 2030-12-31, reason: Known."


class TestIgnore:
    def test_an_entry_needs_a_glob_an_end_and_a_reason(self, file: Path) -> None:
        (entry,) = load(file, IGNORE.format(entry=f"{{vnet: vnet-dev-*, {REST}}}")).checks.ignore
        assert (entry.check, entry.vnet, entry.peering, entry.reason) == ("*", "vnet-dev-*", "*", "Known.")
        assert entry.until.seconds == 1_924_992_000.0, "the day counts, in UTC"

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("2030-12-31", 1_924_992_000.0),
            ("'2030-12-31'", 1_924_992_000.0),
            ("2030-12-31T23:00:00Z", 1_924_988_400.0),
            ("'2030-12-31t23:00:00z'", 1_924_988_400.0),
            ("2030-12-31T23:00:00+02:00", 1_924_981_200.0),
            ("'2030-12-31 23:00:00.5+00:00'", 1_924_988_400.5),
        ],
    )
    def test_the_end_is_a_day_or_a_time_with_its_offset(self, file: Path, text: str, seconds: float) -> None:
        settings = load(file, IGNORE.format(entry=f"{{vnet: x, reason: y, until: {text}}}"))
        assert settings.checks.ignore[0].until.seconds == seconds
        assert load(file, to_yaml(settings)).checks.ignore[0].until.seconds == seconds

    @pytest.mark.parametrize(
        "text",
        ["2030-12-31T23:00:00", "tomorrow", "'2030-02-30'", "9999-12-31", "2030", "null", "[]", "''", "true"],
    )
    def test_any_other_end_is_refused(self, file: Path, text: str) -> None:
        said = problem(file, IGNORE.format(entry=f"{{vnet: x, reason: y, until: {text}}}"))
        assert said.startswith("3: checks.ignore[0].until: must be a date such as 2030-12-31, or a time with its")

    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            (f"{{{REST}}}", ": would ignore every finding; name a check, a vnet or a peering"),
            (
                f"{{check: '**', vnet: '*/*', peering: '?*', {REST}}}",
                ": would ignore every finding; name a check,",
            ),
            ("{vnet: x, reason: y}", ".until: is needed"),
            ("{vnet: x, until: 2030-12-31}", ".reason: is needed"),
            ("{vnet: x, until: 2030-12-31, reason: ' '}", ".reason: must be a sentence that says why, not ' '"),
            ("{vnet: x, until: 2030-12-31, reason: }", ".reason: must be a sentence that says why, not null"),
            (f"{{vnet: '', {REST}}}", ".vnet: must be a name or a glob such as vnet-dev-*, not ''"),
            (f"{{vnet: 5, {REST}}}", ".vnet: must be text (put numbers and the like in quotes), not 5"),
            (
                f"{{check: link/out-of-sink, {REST}}}",
                ".check: no check of this version matches 'link/out-of-sink'; did you mean link/out-of-sync?",
            ),
            (f"{{check: 'fleet/*', {REST}}}", ".check: no check of this version matches 'fleet/*'; "),
            (f"{{vnt: x, {REST}}}", ".vnt: is no setting; did you mean checks.ignore[0].vnet?"),
            (
                f"{{zzz: x, {REST}}}",
                ".zzz: is no setting; checks.ignore[0] has check, peering, reason, until, vnet",
            ),
            ("x", ": must be a map, such as {name: value}, not 'x'"),
        ],
    )
    def test_what_is_wrong_with_an_entry_is_said_where_it_stands(self, file: Path, entry: str, said: str) -> None:
        (first, *_) = problems(file, IGNORE.format(entry=entry))
        assert first.startswith(f"3: checks.ignore[0]{said}")

    def test_globs_of_checks_match_in_any_case(self, file: Path) -> None:
        (entry,) = load(file, IGNORE.format(entry=f"{{check: 'LINK/*', {REST}}}")).checks.ignore
        assert entry.check == "LINK/*"

    def test_what_show_prints_is_read_back_as_the_same(self, file: Path) -> None:
        settings = load(file, IGNORE.format(entry=f"{{check: link/initiated, {REST}}}"))
        assert load(file, to_yaml(settings)) == settings


class TestStaticToken:
    SOUND = "azure:\n  credential: static\n  static_token: {token}\n  resource_manager_url: {url}\n"

    @pytest.mark.parametrize("url", ["http://127.0.0.1:80", "https://localhost:1", "http://[::1]:5"])
    def test_it_is_accepted_with_credential_static_on_loopback(self, file: Path, url: str) -> None:
        settings = load(file, self.SOUND.format(token="secret", url=f"'{url}'"))
        assert settings.azure.static_token is not None
        assert settings.azure.static_token.get_secret_value() == "secret"

    @pytest.mark.parametrize("url", ["null", "https://management.azure.com", "https://127.0.0.1.example.com"])
    def test_it_never_goes_to_another_machine(self, file: Path, url: str) -> None:
        said = problem(file, self.SOUND.format(token="secret", url=url))
        assert said.startswith(
            "3: azure.static_token: is allowed only where azure.resource_manager_url is on this"
        )
        assert "secret" not in said

    def test_it_needs_credential_static(self, file: Path) -> None:
        said = problem(file, "azure:\n  static_token: secret\n  resource_manager_url: http://localhost:1")
        assert said == (
            "2: azure.static_token: is used only with azure.credential static; set that, or remove the token"
        )

    @pytest.mark.parametrize("token", ["null", "' '"])
    def test_credential_static_needs_it(self, file: Path, token: str) -> None:
        said = problem(file, self.SOUND.format(token=token, url="http://localhost:1"))
        assert said == "3: azure.static_token: is needed with azure.credential static"

    def test_credential_static_alone_is_refused(self, file: Path) -> None:
        said = problem(file, "azure: {credential: static, resource_manager_url: 'http://localhost:1'}")
        assert said == "azure.static_token: is needed with azure.credential static"

    def test_the_mask_of_config_show_is_no_token(self, file: Path) -> None:
        shown = to_yaml(load(file, self.SOUND.format(token="hunter2!", url="http://localhost:1")))
        assert "static_token: '***'" in shown
        assert "hunter2!" not in shown
        assert problem(file, shown).endswith(
            "azure.static_token: is the mask that `config show` prints, not a token"
        )

    @pytest.mark.parametrize("token", ["1234567890", "[hunter2]", "{hunter2: x}", "2026-01-01"])
    def test_a_token_of_the_wrong_kind_is_not_shown(self, file: Path, token: str) -> None:
        said = problem(file, self.SOUND.format(token=token, url="http://localhost:1"))
        assert said == "3: azure.static_token: must be text; put it in quotes, not ***"

    def test_a_secret_in_the_wrong_place_is_not_shown(self, file: Path) -> None:
        said = problems(file, "azure: hunter2\nhttp: {client_secret: hunter2}\nlog: [hunter2]")
        assert len(said) == 3
        assert "hunter2" not in "".join(said)

    def test_the_repr_of_settings_hides_it(self) -> None:
        azure = Azure.model_validate(
            {"credential": "static", "static_token": "hunter2", "resource_manager_url": "http://localhost:1"}
        )
        assert "hunter2" not in repr(Settings(azure=azure))


class TestUnknownKeys:
    @pytest.mark.parametrize("name", NOT_BUILT)
    @pytest.mark.parametrize("value", ["null", "x", "[]", "{a: {b: 1}}"])
    def test_what_is_not_built_is_refused_in_words_whatever_its_value(
        self, file: Path, name: str, value: str
    ) -> None:
        said = problem(file, nested(name, value))
        assert said == f"1: {name}: is not available in this version ({NOT_BUILT[name]}); remove it"

    def test_a_misspelt_section_is_told_with_the_right_one(self, file: Path) -> None:
        assert problem(file, "subscription: {include: ['*']}") == (
            "1: subscription: is no setting; did you mean subscriptions?"
        )

    def test_a_misspelt_key_is_told_with_the_right_one(self, file: Path) -> None:
        assert (
            problem(file, "azure: {tenant: x}") == "1: azure.tenant: is no setting; did you mean azure.tenant_id?"
        )

    def test_a_key_in_the_wrong_section_is_told_with_the_right_one(self, file: Path) -> None:
        assert problem(file, "tenant_id: x") == "1: tenant_id: is no setting; did you mean azure.tenant_id?"

    def test_without_a_near_one_all_of_the_section_are_named(self, file: Path) -> None:
        assert problem(file, "log: {zzz: x}") == "1: log.zzz: is no setting; log has format, level"

    def test_a_key_that_is_no_text_is_refused(self, file: Path) -> None:
        assert problem(file, "log:\n  5: x") == "2: log[5]: must be text, as every key"

    def test_a_key_cannot_act_on_the_terminal(self, file: Path) -> None:
        (said,) = problems(file, '"a\\e[31m\\nb": 1')
        assert said.startswith("1: [a\\x1b[31m\\nb]: is no setting")


class TestYaml:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (
                "subscriptions:\n  include:\n    - *\n",
                f"3: column 8: {ALIAS}",
            ),
            (
                "subscriptions: {include: [*]}",
                f"1: column 28: {ALIAS}",
            ),
            (
                "subscriptions: {include: [*-prod]}",
                f"1: column 27: {ALIAS}",
            ),
            ("log:\n\tlevel: info", "2: column 1: a tab cannot indent YAML; use spaces"),
            ("log: {}\nhttp: 'x\n", "3: column 1: the quote opened in line 2 is not closed"),
            (
                "http: listen: x",
                "1: column 13: a colon does not fit here; check the indentation, or put the text in quotes",
            ),
            ("log: {}\n---\nhttp: {}", "2: column 1: only one document is read; remove the --- and what follows"),
            (
                "log: !!python/object:os.system x",
                "1: column 6: tags such as !name are not known; remove it, or put the text in quotes",
            ),
            (
                "log: @x",
                "1: column 6: found character '@' that cannot start any token; put the text in quotes",
            ),
            (
                "log: [1, 2",
                "1: column 11: while parsing a flow sequence: expected ',' or ']', but got '<stream end>'",
            ),
            ("[a]", "must be a map of settings at the top level, not a list"),
            ("hello", "must be a map of settings at the top level, not text"),
            ("log: [info]", "1: log: must be a map of settings, not a list"),
            (b"log: \xff", "is not UTF-8 text (byte 6)"),
            ("[" * 5000, "is nested too deeply"),
        ],
    )
    def test_a_mistake_is_told_with_its_place(self, file: Path, text: str | bytes, said: str) -> None:
        assert problem(file, text).lstrip(": ") == said

    def test_every_key_that_is_there_twice_is_told(self, file: Path) -> None:
        assert problems(file, "log:\n  level: info\n  level: debug\nhttp: {}\nlog: {}") == [
            "3: log.level: is there twice, first in line 2; remove one of them",
            "5: log: is there twice, first in line 1; remove one of them",
        ]

    def test_merge_keys_and_aliases_work(self, file: Path) -> None:
        settings = load(file, "collectors:\n  topology: &t {interval: 7s}\n  traffic: {<<: *t, grain: 1h}\n")
        assert settings.collectors.traffic.interval == 7.0

    def test_an_alias_into_itself_ends(self, file: Path) -> None:
        assert problem(file, "log: {level: &x [*x]}") == (
            "1: log.level: must be one of debug, info, warning, error, not a list"
        )

    @pytest.mark.parametrize(
        "value",
        ["'hunter2", "!!float hunter2", "!!bool hunter2", "!!timestamp hunter2", "!!binary hunter2", "!hunter2 x"],
    )
    def test_a_mistake_quotes_no_value(self, file: Path, value: str) -> None:
        assert "hunter2" not in problem(file, f"azure: {{static_token: {value}}}\n")

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (
                "azure: {tenant_id: 2026-13-01}",
                "a value is not what its form or tag says, such as the date 2026-13-01; put the text in quotes",
            ),
            ("log: {{a: b}: c}", "1: column 7: while constructing a mapping: found unhashable key"),
            ("log: \x00", "is not valid YAML: unacceptable character #x0000: special characters are not allowed"),
        ],
    )
    def test_what_the_reader_itself_cannot_take_is_told(self, file: Path, text: str, said: str) -> None:
        assert problem(file, text).lstrip(": ") == said


class TestFile:
    def test_a_missing_file_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError) as caught:
            load_settings(tmp_path / "no\n.yaml", {})
        assert str(caught.value) == f"{tmp_path}/no\\n.yaml: cannot be read: No such file or directory"

    def test_a_directory_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
            load_settings(tmp_path, {})


def test_all_problems_are_told_at_once_in_the_order_of_the_file(file: Path) -> None:
    said = problems(
        file,
        """\
azure:
  cloud: mars
  log_analytics_url: https://x
  max_concurrency: 0
subscriptons: {}
collectors:
  topology: {interval: 30}
  traffic:
    grain: 2m
    grain: 3m
    metrics: [BytesIn]
  routes: {enabled: true, interval: nonsense}
checks:
  disabled: [link/nope]
http: {listen: 80}
""",
    )
    assert [line.split(": ")[0:2] for line in said] == [
        ["2", "azure.cloud"],
        ["3", "azure.log_analytics_url"],
        ["4", "azure.max_concurrency"],
        ["5", "subscriptons"],
        ["7", "collectors.topology.interval"],
        ["9", "collectors.traffic.grain"],
        ["10", "collectors.traffic.grain"],
        ["11", "collectors.traffic.metrics[0]"],
        ["12", "collectors.routes"],
        ["14", "checks.disabled[0]"],
        ["15", "http.listen"],
    ]
    assert not [line for line in said if "pydantic" in line]
