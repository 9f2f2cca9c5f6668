"""Frames come out whole, however the bytes between two processes are cut."""

import io

from hypothesis import given
from hypothesis import strategies as st

from collector.frames import HEAD, Frames, frame, receive, send


@given(st.lists(st.text(max_size=20), max_size=8), st.integers(1, 30))
def test_frames_come_out_whole_however_the_stream_is_cut(texts: list[str], step: int) -> None:
    stream = b"".join(map(frame, texts))
    frames = Frames()
    found: list[bytes] = []
    for start in range(0, len(stream), step):
        frames.feed(stream[start : start + step])
        found += frames
    assert found == [bytes(frame(text)[HEAD.size :]) for text in texts]


@given(st.lists(st.binary(max_size=20), max_size=8), st.integers(0, 12))
def test_a_stream_that_ends_in_the_middle_of_a_frame_has_ended_before_it(contents: list[bytes], lost: int) -> None:
    stream = io.BytesIO()
    for content in contents:
        send(stream, content)
    left = max(len(stream.getvalue()) - lost, 0)
    stream = io.BytesIO(stream.getvalue()[:left])
    found = list(iter(lambda: receive(stream), None))
    assert found == contents[: len(found)]
    ends = [sum(HEAD.size + len(content) for content in contents[: index + 1]) for index in range(len(contents))]
    assert len(found) == sum(end <= left for end in ends)
