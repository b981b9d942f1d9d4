"""Notes on criteria that cannot tell most sites apart, and on those that move together."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from study.small_studies import all_layers, emitters, points, study_of

from standort.outputs.note_text import format_notes
from standort.results.notes import notes_of
from standort.scoring import end_shares, load_profile, rank_correlations
from standort.study import score
from standort.study.result import value_notes as noting
from standort.study.result.value_notes import sampled_values, value_notes


def test_a_result_notes_criteria_at_their_ends_and_criteria_that_move_together() -> None:
    """A row of plants that begins at a port beside a store, and salt out of reach."""
    lon = np.arange(30) * 0.03
    layers = {
        "emitters": emitters(lon, lon * 0, [1e6] * 30),
        "ports": points([-0.1, -0.2], [0, 0]),
        "co2_storage": points([-0.1, -0.3], [0, 0], capacity_mt=[200.0, 300.0]),
        "salt_caverns": points([30.0, 31.0], [0, 0]),
    }
    result = score(study_of(layers))
    notes = {note.kind: note for note in notes_of(result.manifest)}
    at_ends = notes["values_at_an_end"].counts
    assert at_ends["salt_cavern_distance"] == 1
    values = result._evaluation.partial_values
    shares = end_shares(values)[["at_0", "at_1"]].sum(axis=1)
    assert set(at_ends) == set(shares[shares >= 0.5].index)
    assert list(at_ends.values()) == sorted(at_ends.values(), reverse=True)
    together = notes["values_move_together"].counts
    assert together["co2_storage_distance port_distance"] > 0.8
    assert len(together) == len(rank_correlations(values))
    text = " ".join(result.notes)
    assert "tell sites apart no further: salt cavern distance 100%" in text
    assert re.search(r"CO2 storage distance and port distance (0\.9|1\.0)", text)


def test_few_sites_have_no_such_notes() -> None:
    values = pd.DataFrame({"a": [0.0] * 9, "b": [1.0] * 9})
    assert value_notes(values) == []
    (note,) = value_notes(pd.concat([values, values]))
    assert note.counts == {"a": 1, "b": 1}


def test_sentences_list_the_first_and_count_the_rest() -> None:
    values = pd.DataFrame({f"criterion_{i}": [0.0, 1.0] * 10 for i in range(9)})
    ends, together = format_notes(value_notes(values))
    assert ends.endswith("criterion 5 100%, 3 more")
    assert together.endswith("criterion 0 and criterion 6 1.00; 30 more")


@pytest.mark.parametrize("shuffled", [False, True])
def test_of_many_sites_a_sample_is_looked_at_that_no_order_changes(
    monkeypatch: pytest.MonkeyPatch, *, shuffled: bool
) -> None:
    monkeypatch.setattr(noting, "_MOST_SITES", 25)
    layers = all_layers()
    whole = score(study_of(layers))._evaluation.partial_values
    if shuffled:
        layers["emitters"] = layers["emitters"].sample(frac=1, random_state=3)
    values = sampled_values(study_of(layers), load_profile("net-zero"))
    assert len(values) == 25
    expected = whole.loc[values.index]
    pd.testing.assert_frame_equal(values, expected, check_exact=True)
    every = whole.sample(frac=1, random_state=1) if shuffled else whole
    picked = every[noting._sample(every.index)]
    assert set(picked.index) == set(values.index)
    assert value_notes(every) == value_notes(picked)
