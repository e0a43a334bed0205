"""What is gathered reaches Prometheus as if it had been told at once."""

from threading import Thread

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram

from service.tally import counting, observing, settle


@given(st.lists(st.sampled_from([0.0, 0.1, 0.5, 1.0, 2.0]) | st.floats(0.0, 3.0)))
def test_a_histogram_has_the_buckets_it_would_have_had(values):
    told, gathered = (Histogram("h", "", buckets=(0.1, 0.5, 1.0), registry=CollectorRegistry()) for _ in range(2))
    add = observing(gathered)
    for value in values:
        told.observe(value)
        add(value)
    settle()
    ours, theirs = ([(s.name, s.labels, s.value) for s in h._samples()][:-1] for h in (gathered, told))
    assert [each for each in ours if each[0] != "_sum"] == [each for each in theirs if each[0] != "_sum"]
    assert abs(gathered._sum.get() - told._sum.get()) < 1e-9


def test_nothing_is_lost_while_others_hand_over():
    counter = Counter("c", "", registry=CollectorRegistry())
    add = counting(counter)
    threads = [Thread(target=lambda: [add() for _ in range(20_000)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        settle()
    settle()
    assert counter._value.get() == 60_000
