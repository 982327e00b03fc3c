#include "backend/engine/cache.h"
#include "backend/engine/files.h"

#include <QTemporaryDir>
#include <QTest>

#include <torch/types.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

using namespace assay;
using namespace assay::engine;
namespace fs = std::filesystem;

class TestCache : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    int m_computed = 0;
    std::vector<std::string> m_reports;

    fs::path folder(const char* name) const { return fs::path(m_dir.path().toStdString()) / name; }
    TensorMap get(TensorCache& cache, const Json& key, double value = 1, std::int64_t count = 4)
    {
        return cache.get(
            key, torch::kCPU,
            [&] {
                ++m_computed;
                return TensorMap{{"value", torch::full({count}, value, torch::kFloat64)},
                                 {"ids", torch::arange(3).requires_grad_(false)}};
            },
            [&](const std::string& text) { m_reports.push_back(text); });
    }
    static std::vector<fs::path> files(const fs::path& folder, const std::string& suffix)
    {
        std::vector<fs::path> found;
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            if (entry.is_regular_file() && entry.path().string().ends_with(suffix))
                found.push_back(entry.path());
        }
        return found;
    }

private Q_SLOTS:
    void init()
    {
        m_computed = 0;
        m_reports.clear();
    }

    void computesOnce()
    {
        TensorCache cache(folder("once"));
        const auto first = get(cache, {{"eps", 0.1}, {"model", "a"}}, 0.1);
        const auto again =
            get(cache, {{"model", "a"}, {"eps", 0.1}}, 99); // the order of keys does not matter
        QCOMPARE(m_computed, 1);
        QVERIFY(torch::equal(first.at("value"), again.at("value")));
        QVERIFY(torch::equal(first.at("ids"), again.at("ids")));
        get(cache, {{"eps", 0.2}, {"model", "a"}});
        QCOMPARE(m_computed, 2);
        TensorCache other(folder("once"));
        get(other, {{"eps", 0.1}, {"model", "a"}});
        QCOMPARE(m_computed, 2);
        QVERIFY(m_reports.empty());
    }

    void computesDamagedEntriesAgain_data()
    {
        QTest::addColumn<bool>("truncate");
        QTest::newRow("one bit of the data") << false;
        QTest::newRow("cut off") << true;
    }
    void computesDamagedEntriesAgain()
    {
        QFETCH(bool, truncate);
        const fs::path where = folder(truncate ? "cut" : "bit");
        TensorCache cache(where);
        const auto good = get(cache, "key");
        const fs::path file = files(where, ".safetensors").front();
        std::string bytes = readFile(file, 1 << 20);
        if (truncate)
            bytes.resize(bytes.size() - 5);
        else
            bytes.back() ^= 1;
        std::ofstream(file, std::ios::binary) << bytes;
        const auto again = get(cache, "key");
        QCOMPARE(m_computed, 2);
        QVERIFY(torch::equal(good.at("value"), again.at("value")));
        QCOMPARE(m_reports.size(), std::size_t(1));
        QVERIFY(m_reports[0].starts_with("A damaged cache entry was set aside and is computed again. "));
        QCOMPARE(files(where, ".damaged").size(), std::size_t(1));
        get(cache, "key");
        QCOMPARE(m_computed, 2);
    }

    void evictsWhatWasUsedLongestAgo()
    {
        const std::uint64_t limit = 100000;
        TensorCache cache(folder("small"), limit);
        const auto store = [&](int key) { get(cache, key, key, 4000); };
        for (int key = 0; key < 3; ++key)
            store(key);
        // The clock of file systems is coarse: say plainly in which order they were used.
        auto age = std::chrono::hours(3);
        for (int key = 0; key < 3; ++key, age -= std::chrono::hours(1)) {
            for (const auto& file : files(folder("small"), ".safetensors")) {
                if (readFile(file, 1 << 20).find("\\\"key\\\":" + std::to_string(key)) != std::string::npos)
                    fs::last_write_time(file, fs::file_time_type::clock::now() - age);
            }
        }
        QCOMPARE(m_computed, 3);
        store(0); // used again: now 1 is the oldest
        QCOMPARE(m_computed, 3);
        store(3);
        QVERIFY(cache.bytes() <= limit);
        QCOMPARE(m_computed, 4);
        store(0);
        store(2);
        QCOMPARE(m_computed, 4);
        store(1);
        QCOMPARE(m_computed, 5);
    }

    void losesNothingWhenItCannotStore()
    {
        std::ofstream(folder("file")) << "a file where the folder should be";
        TensorCache cache(folder("file"));
        QCOMPARE(get(cache, "key", 3).at("value")[0].item<double>(), 3.0);
        QCOMPARE(m_reports.size(), std::size_t(1));
        QVERIFY(m_reports[0].starts_with("The result is not kept in the cache. "));
    }

    void isSharedByTwoUsers()
    {
        // Two caches on one folder, as two processes have, with hardly room for one entry: whatever one
        // evicts or replaces under the other, results are right and nothing is called damaged.
        std::atomic<int> wrong = 0;
        std::atomic<int> reports = 0;
        const auto work = [&] {
            TensorCache cache(folder("shared"), 20000);
            for (int i = 0; i < 150; ++i) {
                const int key = i % 3;
                const auto got = cache.get(
                    key, torch::kCPU,
                    [&] {
                        return TensorMap{{"v", torch::full({1000}, key, torch::kInt64)}};
                    },
                    [&](const std::string&) { ++reports; });
                wrong += got.at("v").sum().item<std::int64_t>() != 1000 * key;
            }
        };
        std::thread first(work), second(work);
        first.join();
        second.join();
        QCOMPARE(wrong.load(), 0);
        QCOMPARE(reports.load(), 0);
    }

    void writesJsonCanonically()
    {
        QCOMPARE(canonicalJson(Json::parse(R"({"b":[1,{"z":1,"a":0.1}],"a":null})")),
                 std::string(R"({"a":null,"b":[1,{"a":0.1,"z":1}]})"));
    }
};

QTEST_GUILESS_MAIN(TestCache)
#include "tst_cache.moc"
