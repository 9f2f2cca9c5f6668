"""How many look at the same time, and who makes way."""

import asyncio

from collector.monitor.turns import Turns


def test_the_slow_make_way_and_their_number_is_bounded_too() -> None:
    async def main() -> None:
        turns = Turns(1, patience=0.01)
        begun = 0
        release = asyncio.Event()

        async def slow() -> None:
            nonlocal begun
            async with turns.turn():
                begun += 1
                await release.wait()

        tasks = [asyncio.create_task(slow()) for _ in range(12)]
        await asyncio.sleep(0.5)
        assert begun == 9  # eight have made way, one has the turn
        release.set()
        await asyncio.gather(*tasks)
        assert (begun, turns.free) == (12, 1)

    asyncio.run(main())


def test_who_gives_up_waiting_takes_no_turn_with_him() -> None:
    async def main() -> None:
        turns = Turns(1)
        async with turns.turn():
            waiting = asyncio.create_task(turns.wait())
            await asyncio.sleep(0)
            waiting.cancel()
        assert turns.free == 1
        async with turns.turn():
            late = asyncio.create_task(turns.wait())
            await asyncio.sleep(0)
        late.cancel()  # in the same moment in which it was given the turn
        await asyncio.gather(late, return_exceptions=True)
        assert turns.free == 1

    asyncio.run(main())
