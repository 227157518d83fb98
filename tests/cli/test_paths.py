"""Each page of docs/paths is run as it stands, by bash, against one demo that was begun as docs/paths/index.md says."""

import os
import re
import shlex
import shutil
import signal
import subprocess

import pytest

from andel.errors import NodeMissing
from andel.simulation.local_chain import find_anvil
from tests.support.paths import Step, differences, environment, run_page, steps_of, with_ports
from tests.support.ports import free_port

# The holder's path goes on with the founder's model, and both move the chain's clock, so they come last.
PEOPLE = ["consumer", "auditor", "device-owner", "operator", "founder", "holder"]
QUICK = 2
"""So many of them are walked in every run of the tests."""
DEMO_SECONDS = 300
PAGE_SECONDS = 300
READY = "Ctrl-C ends all"


def page_of(repo_root, name):
    return (repo_root / "docs" / "paths" / f"{name}.md").read_text(encoding="utf-8")


def demo_command(repo_root):
    """The line of the first page that starts the demo."""
    (line,) = re.findall(r"^andel demo .*$", page_of(repo_root, "index"), re.MULTILINE)
    return line


@pytest.fixture(scope="module")
def begun(repo_root, tmp_path_factory):
    """A folder where the demo stands, with the checkout's scripts, and the ports that it was given."""
    try:
        find_anvil()
    except NodeMissing as error:
        pytest.skip(f"{error.message} ({error.hint})")
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("the pages' commands need bash and curl")
    folder = tmp_path_factory.mktemp("paths")
    (folder / "scripts").symlink_to(repo_root / "scripts")
    (folder / "contracts").symlink_to(repo_root / "contracts")  # where anvil is looked for
    ports = {named: free_port() for named in ("8545", "8480", "8481")}
    command = shlex.split(with_ports(demo_command(repo_root), ports))
    log = folder / "demo.log"
    with log.open("wb") as output:
        demo = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(folder),
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=takes_ctrl_c,
        )
    try:
        wait_until_ready(demo, log)
        yield folder, ports
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(30)


def takes_ctrl_c():
    """As in a terminal, also where these tests run behind a shell that has its children ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_until_ready(demo, log):
    waited = 0.0
    while READY not in log.read_text(errors="replace"):
        assert demo.poll() is None and waited < DEMO_SECONDS, log.read_text(errors="replace")[-3_000:]
        try:
            demo.wait(0.2)
        except subprocess.TimeoutExpired:
            waited += 0.2


@pytest.mark.demo
@pytest.mark.parametrize(
    "person", [*PEOPLE[:QUICK], *(pytest.param(each, marks=pytest.mark.full) for each in PEOPLE[QUICK:])]
)
def test_a_path_is_walked_as_its_page_says(begun, repo_root, person):
    folder, ports = begun
    steps = steps_of(page_of(repo_root, person))
    printed = run_page(steps, folder, ports, PAGE_SECONDS)
    unseen = [
        f"step {number} printed no {line!r}:\n{output[-2_000:]}"
        for number, (step, output) in enumerate(zip(steps, printed, strict=True), start=1)
        for line in differences(step, output)
    ]
    assert not unseen, "\n".join(unseen)


def test_every_person_has_a_path_that_begins_with_the_demo_and_shows_what_is_seen(repo_root):
    index = page_of(repo_root, "index")
    assert {path.stem for path in (repo_root / "docs" / "paths").glob("*.md")} == {"index", *PEOPLE}
    assert all(f"({person}.md)" in index for person in PEOPLE)
    for person in PEOPLE:
        page, steps = page_of(repo_root, person), steps_of(page_of(repo_root, person))
        assert "(index.md#begin-here)" in page and "## Where next" in page, person
        assert len(steps) >= 3 and sum(bool(step.shown) for step in steps) >= 2, person
        assert page.count("\n```") == 2 * len(re.findall(r"^```(?:sh|text)$", page, re.MULTILINE)), f"{person}: a fence"


def test_a_page_is_read_as_steps_with_what_is_shown_and_how_they_end():
    page = "# P\n\n<!-- ends with 1 -->\n```sh\nfalse\n```\n\n```text\na … c\n```\n\n```sh\ntrue\n```\n"
    assert steps_of(page) == [Step("false\n", ("a … c",), 1), Step("true\n")]


def test_a_step_that_prints_something_else_or_ends_otherwise_is_told(tmp_path):
    step = Step("echo one two; echo three\n", ("one … o", "four"))
    (printed,) = run_page([step], tmp_path, {}, 30)
    assert differences(step, printed) == ["four"]
    assert differences(Step("", ("three", "one two")), printed) == ["one two"], "the order counts"
    with pytest.raises(AssertionError, match="ended with 1"):
        run_page([Step("false\ntrue\n")], tmp_path, {}, 30)
    with pytest.raises(AssertionError, match="ended with 99"):
        run_page([Step("true\n", code=1)], tmp_path, {}, 30)


def test_what_a_failed_page_left_running_is_ended(tmp_path):
    with pytest.raises(AssertionError):
        run_page([Step("sleep 300 >/dev/null 2>&1 & echo $! > left\nfalse\n")], tmp_path, {}, 30)
    left = int((tmp_path / "left").read_text())
    with pytest.raises(ProcessLookupError):
        for _ in range(200):
            os.kill(left, 0)
            subprocess.run(["sleep", "0.05"], check=True)
