#include "backend/models/parallel.h"
#include "backend/protocol/error.h"

#include <ATen/Parallel.h>
#include <QTest>
#include <c10/core/InferenceMode.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <atomic>
#include <mutex>
#include <set>

using namespace assay;
using namespace assay::models;

class TestParallel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { setWorkerThreads(0); }

    void chunksCoverTheRangeOnce()
    {
        for (const int workers : {1, 2, 5}) {
            setWorkerThreads(workers);
            for (const std::int64_t total : {0, 1, 7, 50, 101}) {
                std::vector<std::atomic<int>> seen(static_cast<std::size_t>(total));
                forEachChunk(total, 7, torch::kCPU, [&](std::int64_t first, std::int64_t count) {
                    QVERIFY(count >= 1 && count <= 7 && first % 7 == 0);
                    for (std::int64_t i = first; i < first + count; ++i)
                        ++seen[static_cast<std::size_t>(i)];
                });
                for (const auto& times : seen)
                    QCOMPARE(times.load(), 1);
            }
        }
    }

    void callersModesDoNotLeakIn()
    {
        const c10::InferenceMode inference;
        const int before = at::get_num_threads();
        std::mutex mutex;
        bool tracked = true;
        forEachChunk(20, 5, torch::kCPU, [&](std::int64_t, std::int64_t) {
            const std::lock_guard lock(mutex);
            tracked = tracked && at::GradMode::is_enabled() && !c10::InferenceMode::is_enabled() &&
                      at::get_num_threads() == 1;
        });
        QVERIFY(tracked);
        QVERIFY(c10::InferenceMode::is_enabled());
        QCOMPARE(at::get_num_threads(), before);
    }

    void exceptionsArriveAtTheCaller()
    {
        for (const int workers : {1, 3}) {
            setWorkerThreads(workers);
            std::atomic<int> calls = 0;
            bool caught = false;
            try {
                forEachChunk(1000, 1, torch::kCPU, [&](std::int64_t first, std::int64_t) {
                    ++calls;
                    if (first == 3)
                        throw Cancelled();
                });
            } catch (const Cancelled&) {
                caught = true;
            }
            QVERIFY(caught);
            // No more chunks are handed out; how many others had begun is only certain with one worker.
            if (workers == 1)
                QCOMPARE(calls.load(), 4);
        }
    }
};

QTEST_GUILESS_MAIN(TestParallel)
#include "tst_parallel.moc"
