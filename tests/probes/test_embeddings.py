"""Maps, neighbours and analogies of word vectors, against scikit-learn, gensim and arithmetic by hand."""

from __future__ import annotations

import numpy as np
import pytest
from gensim.models import KeyedVectors
from sklearn.decomposition import PCA

from lmcore.corpora import kingdoms
from lmcore.probes.embeddings import (
    accuracy,
    aligned,
    answers,
    combine,
    neighbours,
    parallelogram,
    principal_axes,
    real_words,
    unit,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 9)) * np.arange(9, 0, -1)


@pytest.mark.parametrize("k", [1, 2, 3, 9])
def test_the_map_against_scikit_learn(k: int) -> None:
    theirs, ours = PCA(k, svd_solver="full").fit(X), principal_axes(X, k)
    np.testing.assert_allclose(ours.share, theirs.explained_variance_ratio_, atol=1e-12)
    places = ours.of(X)
    np.testing.assert_allclose(np.abs(places), np.abs(theirs.transform(X)), atol=1e-9)
    assert (places[np.abs(places).argmax(axis=0), np.arange(k)] > 0).all()  # the sign is fixed
    np.testing.assert_allclose(ours.axes @ ours.axes.T, np.eye(k), atol=1e-12)


def test_a_map_of_few_or_equal_words() -> None:
    few = principal_axes(X[:2], 3)
    assert np.isfinite(few.of(X)).all()
    np.testing.assert_allclose(few.axes @ few.axes.T, np.eye(3), atol=1e-12)
    assert few.share[0] == pytest.approx(1)
    same = principal_axes(np.ones((5, 4)), 2)
    assert (same.share == 0).all()
    assert np.isfinite(same.of(np.ones((5, 4)))).all()
    for wrong in (0, 10):
        with pytest.raises(ValueError, match="no map"):
            principal_axes(X, wrong)
    with pytest.raises(ValueError, match="no map"):
        principal_axes(X[:1], 1)


def test_axes_that_were_turned_are_turned_back() -> None:
    old = principal_axes(X, 2)
    angle = 1.1
    turn = np.array([[np.cos(angle), -np.sin(angle)], [-np.sin(angle), -np.cos(angle)]])  # with a mirror
    np.testing.assert_allclose(aligned(old._replace(axes=turn @ old.axes), old).axes, old.axes, atol=1e-12)
    other = principal_axes(X[:20], 2)
    best = np.linalg.norm(aligned(other, old).axes - old.axes)
    for angle in np.linspace(0, 6.2, 30):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        assert np.linalg.norm(turn @ other.axes - old.axes) >= best - 1e-9


def gensims(vectors: np.ndarray) -> KeyedVectors:
    found = KeyedVectors(vectors.shape[1])
    found.add_vectors([str(i) for i in range(len(vectors))], vectors.astype(np.float32))
    return found


def test_neighbours_against_gensim() -> None:
    near, cosines = neighbours(X, [3, 17], 5)
    for word, others, values in zip([3, 17], near, cosines, strict=True):
        theirs = gensims(X).most_similar(str(word), topn=5)
        assert [str(i) for i in others] == [name for name, _ in theirs]
        np.testing.assert_allclose(values, [cosine for _, cosine in theirs], atol=1e-6)


def test_neighbours_among_some() -> None:
    near, cosines = neighbours(X, [3, 4], 99, among=[3, 8, 9])
    assert set(near[0]) == {8, 9}
    assert np.isfinite(cosines).all()
    assert neighbours(X, [3], 5, among=[3])[0].shape == (1, 0)


def test_answers_against_gensim() -> None:
    theirs = gensims(X).most_similar(positive=["1", "2"], negative=["0"], topn=6)
    ours = answers(X, plus=[1, 2], minus=[0], n=6)
    assert [str(answer.word) for answer in ours] == [name for name, _ in theirs]
    np.testing.assert_allclose([answer.cosine for answer in ours], [cosine for _, cosine in theirs], atol=1e-6)
    assert {answer.word for answer in ours}.isdisjoint({0, 1, 2})
    assert [a.word for a in answers(X, [1, 2], [0], 3, among=[0, 5, 6])] in ([5, 6], [6, 5])
    np.testing.assert_allclose(combine(X, [1, 2], [0]), unit(X)[1] + unit(X)[2] - unit(X)[0])


def test_accuracy_against_gensim(tmp_path: object) -> None:
    """On vectors that are partly right: each word is what it is, plus its gender or its country, plus noise."""
    asked = kingdoms.questions()
    words = sorted({word for q in asked for word in (q.a, q.b, q.c, q.d)} - {"Rome", "empress"})
    vectors = RNG.normal(size=(len(words), 30))
    at = {word: i for i, word in enumerate(words)}
    for q in asked[:80:3]:
        if all(word in at for word in (q.a, q.b, q.c, q.d)):
            vectors[at[q.d]] = vectors[at[q.b]] - vectors[at[q.a]] + vectors[at[q.c]] + RNG.normal(size=30) * 0.5
    theirs = KeyedVectors(30)
    theirs.add_vectors(words, vectors.astype(np.float32))
    file = f"{tmp_path}/tasks.txt"
    with open(file, "w", encoding="utf-8") as out:
        out.write(kingdoms.tasks_text())
    _, sections = theirs.evaluate_word_analogies(file, case_insensitive=False, restrict_vocab=None)
    ours = accuracy(vectors, at, asked)
    found = {part["section"]: part for part in sections if part["section"] in ours.asked}
    assert ours.right == {name: len(found[name]["correct"]) for name in ours.right}
    assert ours.asked == {name: len(found[name]["correct"]) + len(found[name]["incorrect"]) for name in ours.asked}
    assert 0.02 < ours.share < 0.9


def test_accuracy_where_no_word_is_known() -> None:
    nothing = accuracy(X, {"cat": 1}, kingdoms.questions())
    assert (nothing.n, nothing.share) == (0, 0)


def test_three_corners_and_the_fourth() -> None:
    a, b, c = X[0], X[1], X[2]
    plane = parallelogram(a, b, c, np.stack([b - a + c, c + 0.5 * (b - a), a]))
    corners = plane.corners
    np.testing.assert_allclose(corners[3], corners[1] - corners[0] + corners[2])
    for i, j, one, other in ((0, 1, a, b), (0, 2, a, c), (1, 2, b, c)):  # no length is changed
        assert np.linalg.norm(corners[i] - corners[j]) == pytest.approx(np.linalg.norm(one - other))
    np.testing.assert_allclose(plane.others[0], corners[3], atol=1e-12)
    np.testing.assert_allclose(plane.off, 0, atol=1e-9)
    assert corners[1][1] == pytest.approx(0)
    high = parallelogram(a, b, c, a[None] + 7 * np.linalg.svd(np.stack([b - a, c - a]))[2][2])
    assert high.off[0] == pytest.approx(7)
    np.testing.assert_allclose(high.others[0], 0, atol=1e-9)
    assert np.isfinite(parallelogram(a, a, a, X).corners).all()


def test_words_are_told_from_marks() -> None:
    itos = ["<s>", "<unk>", "\n", ".", "don't", "—", "Ada", "7"]
    assert [itos[i] for i in real_words(itos)] == ["don't", "Ada", "7"]
