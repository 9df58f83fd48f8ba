"""What `tocsin test` says of each event of an example, beside what it led to."""

from __future__ import annotations

from pathlib import Path

from tests.unit.rulepack.written import tried


def test_the_timeline_says_what_the_rule_made_of_each_event(tmp_path: Path) -> None:
    counting = """\
        defaults: {notify: doc-alerts}
        rules:
          r:
            title: t
            when: alfred.job.failed
            at_least: 2
            within: 5m
            per: job
            resolved_by: alfred.job.finished
            examples:
              counted:
                events:
                  - {type: alfred.job.failed, job: J1}
                  - {type: alfred.job.failed, at: 5m, job: J1}
                  - {type: alfred.job.failed, at: 6m, job: J1}
                  - {type: alfred.job.finished, at: 7m, job: J1}
                expect: [{at: 6m, fires: J1}, {at: 7m, resolves: J1}]
    """
    (result,) = tried(tmp_path, counting)
    assert [line.split("  ", 1)[1] for line in result.timeline] == [
        "alfred.job.failed job=J1  (counted 1 of 2 within 5m)",
        "alfred.job.failed job=J1  (counted 1 of 2 within 5m)",
        "alfred.job.failed job=J1  (counted 2 of 2 within 5m)",
        '  -> fires J1: "t" to doc-alerts',
        "alfred.job.finished job=J1",
        '  -> resolves J1: "t" to doc-alerts',
        "end",
    ]
