#include "backend/engine/plugin_trust.h"
#include "tests/backend/engine/importing/foreign_files.h"
#include "tests/backend/engine/json_text.h"
#include "tests/backend/engine/peer.h"

#include <QElapsedTimer>
#include <QTest>

#include <cstring>
#include <filesystem>
#include <fstream>

using namespace assay;
using namespace assay::test;

namespace fs = std::filesystem;

namespace {

std::size_t catalogueNotices(const Peer& peer)
{
    return static_cast<std::size_t>(
        std::ranges::count(peer.notices, std::string("catalogue"), &Notice::topic));
}

template <class T>
T valueAt(const std::vector<std::uint8_t>& bytes, std::size_t offset)
{
    T value{};
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

} // namespace

/// The section "Files from outside" of docs/protocol.md, through the pipes of `assay-cli serve`.
class TestFileRequests : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::unique_ptr<Peer> m_peer;
    fs::path m_images;
    fs::path m_weights;

    fs::path user(const char* name) const { return fs::path(m_dir.path().toStdString()) / "user" / name; }
    fs::path work(const char* name) const { return fs::path(m_dir.path().toStdString()) / "work" / name; }
    Reply call(const std::string& method, Json params) { return m_peer->call(method, std::move(params)); }
    Reply addImages()
    {
        return call("import.add", {{"path", m_images.string()}, {"values", {{"name", "quarters"}}}});
    }
    Reply addModel()
    {
        return call("import.add", {{"path", m_weights.string()},
                                   {"values", {{"height", 8}, {"width", 8}, {"dataset", "quarters"}}}});
    }

private Q_SLOTS:
    void initTestCase()
    {
        engine::PluginTrust(m_dir.path().toStdString() + "/assay")
            .allow(ASSAY_TEST_BUILD_DIR "/tests/plugins/test_plugin/test_plugin.so");
        m_images = user("quarters");
        writeIdxFolder(m_images);
        m_weights = writeWeights(user(""), "net");
    }
    void init()
    {
        m_peer = std::make_unique<Peer>(m_dir);
        m_peer->greet();
    }
    void cleanup()
    {
        m_peer.reset();
        fs::remove_all(work(""));
    }

    void importsRemovesAndRestores()
    {
        const Reply seen = call("import.inspect", {{"path", m_images.string()}, {"values", Json::object()}});
        QVERIFY2(seen.ok, seen.error.c_str());
        QCOMPARE(text(seen.result["kind"]), text(Json("data")));
        QCOMPARE(text(seen.result["format"]), text(Json("idx")));
        QVERIFY(seen.result["schema"]["fields"].size() >= 5);
        QCOMPARE(text(seen.result["asks"]), QStringLiteral("[]"));

        QCOMPARE(text(addImages().result), text(Json({{"kind", "data"}, {"name", "quarters"}})));
        const Reply added = addModel();
        QVERIFY2(added.ok, added.error.c_str());
        QCOMPARE(text(added.result), text(Json({{"kind", "model"}, {"name", "net"}})));
        QVERIFY(catalogueNotices(*m_peer) >= 1);
        const Reply removed = call("import.remove", {{"kind", "model"}, {"name", "net"}});
        QVERIFY2(removed.ok, removed.error.c_str());
        const Reply restored = call("import.restore", {{"undo", removed.result["undo"]}});
        QCOMPARE(text(restored.result), text(Json({{"kind", "model"}, {"name", "net"}})));
        call("catalogue", Json::object());
        QVERIFY(catalogueNotices(*m_peer) >= 4);
    }

    void refusesWrongParameters_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("params");
        QTest::addColumn<QString>("sentence");
        QTest::newRow("path") << "import.inspect"
                              << "{}"
                              << "request: 'path' must be a text.";
        QTest::newRow("values") << "import.add"
                                << R"({"path": "x", "values": 3})"
                                << "request: 'values' must be an object.";
        QTest::newRow("kind") << "import.remove"
                              << R"({"kind": "study", "name": "x"})"
                              << "request: 'kind' must be \"model\", \"data\" or \"attack\".";
        QTest::newRow("split") << "data.table"
                               << R"({"data": "fashion-mnist", "split": "all"})"
                               << "request: 'split' must be \"train\" or \"test\".";
        QTest::newRow("ids") << "data.thumbnails"
                             << R"({"data": "fashion-mnist", "split": "test", "ids": [1.5], "side": 8})"
                             << "request: 'ids' must be a list of at most 256 whole numbers from 0.";
        QTest::newRow("measure") << "model.inspect"
                                 << R"({"model": "fashion-mlp", "measure": 1})"
                                 << "request: 'measure' must be true or false.";
        QTest::newRow("unknown") << "import.ad"
                                 << "{}"
                                 << "the engine knows no method 'import.ad'. Did you mean 'import.add'?";
    }
    void refusesWrongParameters()
    {
        QFETCH(QString, method);
        QFETCH(QString, params);
        QFETCH(QString, sentence);
        const Reply reply = call(method.toStdString(), Json::parse(params.toStdString()));
        QVERIFY(!reply.ok);
        QCOMPARE(QString::fromStdString(reply.error), sentence);
    }

    void sendsTables()
    {
        addImages();
        const Reply reply = call("data.table", {{"data", "quarters"}, {"split", "test"}});
        QVERIFY2(reply.ok, reply.error.c_str());
        QCOMPARE(reply.result["count"].get<int>(), 24);
        QCOMPARE(reply.result["height"].get<int>(), kSide);
        QCOMPARE(text(reply.result["columns"][0]),
                 text(Json({{"name", "label"}, {"type", "i32"}, {"values", nullptr}})));
        QCOMPARE(reply.bytes.size(), std::size_t(24 * 4));
        for (int i = 0; i < 24; ++i)
            QCOMPARE(valueAt<std::int32_t>(reply.bytes, static_cast<std::size_t>(i) * 4), i % kClasses);
    }

    void sendsThumbnails()
    {
        addImages();
        const Reply whole =
            call("data.thumbnails", {{"data", "quarters"}, {"split", "test"}, {"ids", {5, 2}}, {"side", 64}});
        QVERIFY2(whole.ok, whole.error.c_str());
        QCOMPARE(text(whole.result), text(Json({{"channels", 1}, {"height", kSide}, {"width", kSide}})));
        QCOMPARE(whole.bytes.size(), std::size_t(2 * kSide * kSide));
        for (int y = 0; y < kSide; ++y)
            for (int x = 0; x < kSide; ++x)
                QCOMPARE(whole.bytes[static_cast<std::size_t>(y * kSide + x)], pixelOf(5, y, x));
        // Halved: each pixel is the average of four, which are equal within a quarter.
        const Reply half =
            call("data.thumbnails", {{"data", "quarters"}, {"split", "test"}, {"ids", {2}}, {"side", 4}});
        QCOMPARE(half.bytes.size(), std::size_t(16));
        for (int y = 0; y < 4; ++y)
            for (int x = 0; x < 4; ++x)
                QCOMPARE(half.bytes[static_cast<std::size_t>(y * 4 + x)], pixelOf(2, 2 * y, 2 * x));
        const Reply none =
            call("data.thumbnails", {{"data", "quarters"}, {"split", "test"}, {"ids", {24}}, {"side", 4}});
        QCOMPARE(none.error, std::string("request: there is no image 24; the split has 24."));
    }

    void showsASampleToModels()
    {
        addImages();
        addModel();
        const Reply reply = call("data.sample", {{"data", "quarters"},
                                                 {"split", "test"},
                                                 {"id", 6},
                                                 {"models", {"net", "fashion-mlp", "nobody"}}});
        QVERIFY2(reply.ok, reply.error.c_str());
        QCOMPARE(reply.result["label"].get<int>(), 2);
        QCOMPARE(reply.bytes.size(), std::size_t(kSide * kSide));
        const Json& seen = reply.result["predictions"];
        QCOMPARE(seen.size(), std::size_t(3));
        QCOMPARE(text(seen[0]["top"][0]["class"]), text(Json("2")));
        QCOMPARE(seen[0]["top"].size(), std::size_t(kClasses));
        double sum = 0;
        for (const Json& top : seen[0]["top"])
            sum += top["probability"].get<double>();
        QVERIFY(std::abs(sum - 1) < 1e-6);
        QCOMPARE(text(seen[1]["error"]),
                 text(Json("it expects images of 1 x 28 x 28, but this one is 1 x 8 x 8.")));
        QVERIFY(seen[2]["error"].get<std::string>().starts_with("there is no model 'nobody'"));
    }

    void inspectsModels()
    {
        const Reply reply = call("model.inspect", {{"model", "fashion-mlp"}, {"measure", true}});
        QVERIFY2(reply.ok, reply.error.c_str());
        const Json& r = reply.result;
        QCOMPARE(text(r["output"]), QStringLiteral("[1,10]"));
        std::int64_t weights = 0;
        std::int64_t products = 0;
        for (const Json& p : r["parameters"]) {
            std::int64_t size = 1;
            for (const Json& side : p["shape"])
                size *= side.get<std::int64_t>();
            weights += size;
            products += p["shape"].size() == 2 ? size : 0;
            std::int64_t counted = 0;
            for (const Json& count : p["counts"])
                counted += count.get<std::int64_t>();
            QCOMPARE(counted, size);
            QCOMPARE(p["counts"].size(), std::size_t(32));
        }
        QCOMPARE(r["parameterCount"].get<std::int64_t>(), weights);
        QCOMPARE(r["macs"].get<std::int64_t>(), products); // an MLP uses each weight once
        QVERIFY(r["imagesPerSecond"].get<double>() > 1);
        QCOMPARE(text(r["model"]["name"]), text(Json("fashion-mlp")));
        QVERIFY(!r["taps"].empty());
        QVERIFY(!call("model.inspect", {{"model", "fashion-mlp"}, {"measure", false}})
                     .result.contains("imagesPerSecond"));
    }

    void noticesCardsOfOthers()
    {
        call("catalogue", Json::object()); // from here on the engine watches
        fs::create_directories(work("data"));
        std::ofstream(work("data/theirs.json"))
            << Json{{"name", "theirs"}, {"format", "idx"}, {"location", m_images.string()}};
        while (catalogueNotices(*m_peer) == 0)
            QVERIFY(m_peer->collect()); // the peer's own time limit ends this
        bool found = false;
        const Reply lists = call("catalogue", Json::object());
        for (const Json& set : lists.result["datasets"])
            found |= set["name"] == "theirs" && set["own"] == true;
        QVERIFY(found);
    }

    void cancelsWhileAFileIsRead()
    {
        // Half a minute of work for the import lane: an inspection that hashes and runs, many times over.
        addImages();
        const std::string run = m_peer->startRun("test.slow");
        QVERIFY2(!run.starts_with("FAILED"), run.c_str());
        std::vector<std::uint64_t> slow;
        for (int i = 0; i < 12; ++i)
            slow.push_back(m_peer->ask("model.inspect", {{"model", "fashion-resnet"}, {"measure", true}}));
        QElapsedTimer timer;
        timer.start();
        QVERIFY(m_peer->call("run.cancel", {{"run", run}}).ok);
        QVERIFY(m_peer->call("runs").ok); // lists do not wait either
        QVERIFY2(timer.elapsed() < 8000, qPrintable(QString::number(timer.elapsed())));
        QCOMPARE(m_peer->end().state, RunState::Cancelled);
    }

    void answersWaitingInspectionsTogether()
    {
        std::vector<std::uint64_t> asked;
        m_peer->ask("model.inspect", {{"model", "fashion-resnet"}, {"measure", true}}); // keeps the lane busy
        for (int height = 1; height <= 8; ++height)
            asked.push_back(
                m_peer->ask("import.inspect", {{"path", m_weights.string()},
                                               {"values", {{"height", height}, {"width", 64 / height}}}}));
        // Read until the newest is answered; all others were before it or are right behind.
        const Reply newest = m_peer->reply(asked.back());
        QVERIFY2(newest.ok, newest.error.c_str());
        QCOMPARE(newest.result["values"]["height"].get<int>(), 8);
        for (std::size_t i = 0; i + 1 < asked.size(); ++i)
            QVERIFY(m_peer->reply(asked[i]).ok);
    }
};

QTEST_GUILESS_MAIN(TestFileRequests)
#include "tst_file_requests.moc"
