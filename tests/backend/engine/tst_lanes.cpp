#include "backend/engine/batch_lane.h"
#include "backend/engine/live_lane.h"
#include "backend/protocol/error.h"

#include <QTest>

#include <algorithm>
#include <future>
#include <semaphore>

using namespace assay;
using namespace assay::engine;
using protocol::RunState;

namespace {

constexpr auto kLongWait = std::chrono::seconds(30);

BatchLane::Job job(const std::string& name, std::function<void(JobControl&)> work)
{
    BatchLane::Job job;
    job.status.run = name;
    job.work = std::move(work);
    return job;
}

} // namespace

class TestLanes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void runsJobsInOrder()
    {
        LaneGate gate;
        BatchLane lane(gate, [] {});
        std::string order;
        for (const char* name : {"a", "b", "c", "d"})
            lane.add(job(name, [&order, name](JobControl&) { order += name; }));
        lane.waitIdle();
        QCOMPARE(order, std::string("abcd"));
        QVERIFY(lane.jobs().empty());
    }

    void goesThroughTheStates()
    {
        LaneGate gate;
        std::binary_semaphore running(0), go(0);
        std::vector<std::string> seen; // guarded by mutex
        BatchLane* subject = nullptr;
        std::mutex mutex;
        BatchLane lane(gate, [&] {
            const std::lock_guard lock(mutex);
            std::string text;
            for (const auto& status : subject->jobs())
                text += status.run + " " + protocol::name(status.state) + " ";
            seen.push_back(text);
        });
        subject = &lane;
        lane.add(job("a", [&](JobControl& control) {
            running.release();
            go.acquire();
            control.checkpoint();
        }));
        QVERIFY(running.try_acquire_for(kLongWait));
        bool abandoned = false;
        BatchLane::Job waiting = job("b", [](JobControl&) { qFatal("a cancelled job ran"); });
        waiting.abandon = [&] { abandoned = true; };
        lane.add(std::move(waiting));
        QVERIFY(lane.cancel("b"));
        QVERIFY(abandoned);
        QVERIFY(lane.cancel("a"));
        QCOMPARE(lane.jobs().front().state, RunState::Cancelling);
        go.release();
        lane.wait("a");
        QVERIFY(!lane.cancel("a"));
        QVERIFY(!lane.cancel("nobody"));
        lane.waitIdle();
        const auto contains = [&](const char* text) {
            const std::lock_guard lock(mutex);
            return std::ranges::find(seen, text) != seen.end();
        };
        QVERIFY(contains("a running "));
        QVERIFY(contains("a running b queued "));
        QVERIFY(contains("a cancelling "));
        QTRY_VERIFY(contains("")); // told after those who wait for the job are woken
    }

    void cancelsAtTheNextCheckpoint()
    {
        LaneGate gate;
        BatchLane lane(gate, [] {});
        std::binary_semaphore reached(0), asked(0);
        int checkpoints = 0;
        lane.add(job("a", [&](JobControl& control) {
            for (;;) {
                control.checkpoint();
                if (++checkpoints == 10) {
                    reached.release();
                    asked.acquire();
                }
            }
        }));
        QVERIFY(reached.try_acquire_for(kLongWait));
        lane.cancel("a");
        asked.release();
        lane.waitIdle();
        QCOMPARE(checkpoints, 10);
    }

    void survivesWhateverAJobThrows()
    {
        LaneGate gate;
        BatchLane lane(gate, [] {});
        lane.add(job("a", [](JobControl&) { throw std::runtime_error("bug"); }));
        lane.add(job("b", [](JobControl&) { throw 42; }));
        bool ran = false;
        lane.add(job("c", [&](JobControl&) { ran = true; }));
        lane.waitIdle();
        QVERIFY(ran);
    }

    void stepsAsideForAPreview()
    {
        LaneGate gate;
        LiveLane live(gate);
        BatchLane batch(gate, [] {});
        std::binary_semaphore batchRuns(0), previewRuns(0), letPreviewEnd(0);
        std::atomic<int> steps = 0;
        std::atomic<bool> enough = false;
        batch.add(job("a", [&](JobControl& control) {
            batchRuns.release();
            while (!enough) {
                control.checkpoint();
                ++steps;
            }
        }));
        QVERIFY(batchRuns.try_acquire_for(kLongWait));
        live.submit({[&](const LiveControl&) {
                         previewRuns.release();
                         letPreviewEnd.acquire();
                     },
                     {}});
        QVERIFY(previewRuns.try_acquire_for(kLongWait));
        QTRY_COMPARE(gate.waiting(), 1);
        const int standing = steps;
        for (int i = 0; i < 1000; ++i)
            std::this_thread::yield();
        QCOMPARE(steps.load(), standing);
        letPreviewEnd.release();
        QTRY_VERIFY(steps > standing);
        enough = true;
        batch.waitIdle();
    }

    void cancelsAJobThatStandsAside()
    {
        LaneGate gate;
        BatchLane batch(gate, [] {});
        std::promise<void> ended;
        {
            const LaneGate::Live live(gate);
            batch.add(job("a", [&](JobControl& control) {
                try {
                    control.checkpoint();
                } catch (const Cancelled&) {
                    ended.set_value();
                    throw;
                }
            }));
            QTRY_COMPARE(gate.waiting(), 1);
            batch.cancel("a");
            QCOMPARE(ended.get_future().wait_for(kLongWait), std::future_status::ready);
        }
        batch.waitIdle();
    }

    void supersedesPreviews()
    {
        LaneGate gate;
        LiveLane lane(gate);
        std::binary_semaphore firstRuns(0);
        std::string said; // of the lane's thread until it is idle, besides "2 dropped"
        std::string dropped;
        lane.submit({[&](const LiveControl& control) {
                         firstRuns.release();
                         try {
                             for (;;)
                                 control.checkpoint();
                         } catch (const Cancelled&) {
                             said += "1 stopped ";
                         }
                     },
                     [&] { qFatal("the first preview never ran"); }});
        QVERIFY(firstRuns.try_acquire_for(kLongWait));
        // The second waits behind the first until the third comes; then it must not run at all.
        const LiveLane::Preview third{[&](const LiveControl&) { said += "3 ran "; }, {}};
        std::binary_semaphore both(0);
        lane.submit({[&](const LiveControl& control) {
                         said += "2 ran ";
                         both.acquire();
                         said += control.superseded() ? "2 stopped " : "2 ended ";
                     },
                     [&] { dropped = "2 dropped"; }});
        lane.submit(third);
        both.release();
        QVERIFY(lane.waitIdle(kLongWait));
        // Whether the lane took the second up before the third came is up to the scheduler; never both.
        if (dropped == "2 dropped")
            QCOMPARE(said, std::string("1 stopped 3 ran "));
        else
            QCOMPARE(said, std::string("1 stopped 2 ran 2 stopped 3 ran "));
    }
};

QTEST_GUILESS_MAIN(TestLanes)
#include "tst_lanes.moc"
