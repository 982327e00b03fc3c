#include "backend/engine/files.h"
#include "backend/engine/run_list.h"
#include "backend/engine/run_reader.h"
#include "backend/engine/run_writer.h"
#include "backend/protocol/error.h"
#include "tests/backend/engine/json_text.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <sys/resource.h>

using namespace assay;
using namespace assay::engine;
using namespace assay::protocol;
namespace fs = std::filesystem;

namespace {

RunSpec spec()
{
    RunSpec spec;
    spec.study = "test.count";
    spec.params = {{"steps", 3}};
    spec.seed = 7;
    return spec;
}

Figure figure(const std::string& name, std::size_t points = 4)
{
    Figure figure;
    figure.name = name;
    Layer layer;
    layer.x.assign(points, 1.5);
    layer.y.assign(points, 2.5);
    figure.layers.push_back(layer);
    return figure;
}

ImageGrid grid(std::size_t images)
{
    ImageGrid grid;
    grid.name = "gallery";
    grid.variants = {"clean"};
    grid.width = grid.height = 28;
    for (std::size_t i = 0; i < images; ++i)
        grid.ids.push_back(static_cast<std::int64_t>(i));
    grid.pixels.assign(grid.pixelBytes(), 17);
    return grid;
}

std::vector<Event> readAll(const fs::path& folder, std::string* notice = nullptr)
{
    RunReader reader(folder);
    std::vector<Event> events;
    while (auto event = reader.next())
        events.push_back(std::move(*event));
    if (notice)
        *notice = reader.notice();
    return events;
}

void writeBytes(const fs::path& file, const std::string& bytes)
{
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
}

template <class Call>
QString sentence(Call call)
{
    try {
        call();
    } catch (const Error& error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

} // namespace

class TestRunStore : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path root() const { return m_dir.path().toStdString(); }
    /// A run with three events after its start, the last one a figure.
    std::string threeEvents()
    {
        RunWriter writer = RunWriter::create(root() / "torn", spec(), "t");
        writer.write(RunStarted{writer.id(), spec(), {}, 1});
        writer.write(LogLine{LogLevel::Info, "one", 1});
        writer.write(figure("last", 2));
        return readFile(writer.folder() / "events.cbor", 1 << 20);
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        std::signal(SIGXFSZ, SIG_IGN);
    }

    void writesTheFolderOfTheDesign()
    {
        RunWriter writer = RunWriter::create(root() / "runs", spec(), "Counting");
        const fs::path folder = writer.folder();
        writer.write(RunStarted{writer.id(), spec(), {}, 1});
        writer.write(figure("line"));
        Table table;
        table.name = "pairs";
        table.columns = {
            {.name = "n", .label = "", .unit = "", .digits = -1, .numbers = {0.1, 2}, .texts = {}}};
        writer.write(table);
        Metric metric;
        metric.name = "accuracy.m";
        metric.value = 0.25;
        writer.write(metric);
        writer.writeResults({{"seed", 7}});
        writer.finish({RunState::Finished, {}, 1.5, {{"seed", 7}}});

        QCOMPARE(readFile(folder / "tables/pairs.csv", 1000), std::string("n\n0.1\n2\n"));
        QVERIFY(readFile(folder / "figures/line.csv", 10000).starts_with("layer,kind,"));
        QCOMPARE(text(readJsonFile(folder / "metrics.json")), text(Json({{"accuracy.m", 0.25}})));
        QCOMPARE(text(readJsonFile(folder / "provenance.json")), text(Json({{"seed", 7}})));
        QCOMPARE(specFromJson(readJsonFile(folder / "spec.json")), spec());
        QVERIFY(QString::fromStdString(writer.id())
                    .contains(QRegularExpression("^\\d{8}-\\d{6}-test-count-[0-9a-f]{4}$")));
        const auto events = readAll(folder);
        QCOMPARE(events.size(), std::size_t(5));
        QCOMPARE(std::get<RunFinished>(events.back()).seconds, 1.5);
        const Json summary = runSummary(folder);
        QCOMPARE(text(summary["state"]), text(Json("finished")));
        QCOMPARE(text(summary["title"]), text(Json("Counting")));
        QVERIFY(summary["bytes"].get<int>() > 100);
    }

    void givesEveryRunItsOwnFolder()
    {
        std::set<std::string> ids;
        for (int i = 0; i < 50; ++i)
            ids.insert(RunWriter::create(root() / "many", spec(), "t").id());
        QCOMPARE(ids.size(), std::size_t(50));
    }

    void refusesAFolderThatIsNotEmpty()
    {
        writeBytes(root() / "used/file", "x");
        const std::string used = (root() / "used").string();
        QCOMPARE(sentence([&] { RunWriter::createAt(used, spec(), "t"); }),
                 QString::fromStdString(used + ": this folder exists and is not empty. "
                                               "Name a new folder with --out, or empty this one."));
        QCOMPARE(RunWriter::createAt(root() / "fresh/", spec(), "t").id(), std::string("fresh"));
    }

    void refusesNames()
    {
        RunWriter writer = RunWriter::create(root() / "names", spec(), "t");
        QCOMPARE(sentence([&] { writer.write(figure("../evil")); }),
                 QStringLiteral("'../evil' is no name for a figure. "
                                "Use letters, digits, '.', '_' and '-', at most 120 of them."));
    }

    void movesLargePixelsToAFile()
    {
        RunWriter writer = RunWriter::create(root() / "large", spec(), "t");
        const auto small = std::get<ImageGrid>(writer.write(grid(10)));
        QVERIFY(small.file.empty());
        QCOMPARE(small.pixels.size(), small.pixelBytes());
        for (int part = 0; part < 2; ++part) {
            const auto sent = std::get<ImageGrid>(writer.write(grid(10000)));
            QCOMPARE(sent.file, "images/gallery-" + std::to_string(part) + ".raw");
            QVERIFY(sent.pixels.empty());
            QCOMPARE(fs::file_size(writer.folder() / sent.file), sent.pixelBytes());
        }
        QCOMPARE(readAll(writer.folder()).size(), std::size_t(3));
    }

    void storesOnlyTheEndsOfStages()
    {
        RunWriter writer = RunWriter::create(root() / "progress", spec(), "t");
        for (int stage = 0; stage < 2; ++stage) {
            for (int i = 0; i <= 1000; ++i)
                writer.write(Progress{"stage " + std::to_string(stage), double(i), 1000, 0});
        }
        QCOMPARE(readAll(writer.folder()).size(), std::size_t(4));
    }

    void dropsATornTailAtEveryByte()
    {
        const std::string bytes = threeEvents();
        std::uint32_t length = 0;
        std::size_t last = 0; // where the last frame begins
        for (std::size_t at = 0; at < bytes.size(); at += 4 + length) {
            std::memcpy(&length, bytes.data() + at, 4);
            last = at;
        }
        for (std::size_t cut = last; cut <= bytes.size(); ++cut) {
            const fs::path folder = root() / "cut" / std::to_string(cut);
            writeBytes(folder / "events.cbor", bytes.substr(0, cut));
            std::string notice;
            const auto events = readAll(folder, &notice);
            QCOMPARE(events.size(), std::size_t(cut == bytes.size() ? 3 : 2));
            const std::string expected =
                cut == last || cut == bytes.size()
                    ? std::string()
                    : (folder / "events.cbor").string() +
                          ": the last event was torn off while it was written; its " +
                          std::to_string(cut - last) +
                          " bytes are left out and the 2 events before it are shown.";
            QCOMPARE(notice, expected);
            QCOMPARE(fs::file_size(folder / "events.cbor"), cut);
        }
    }

    void setsADamagedLogAside()
    {
        const std::string good = threeEvents();
        const fs::path folder = root() / "damaged";
        const std::string damage = std::string("\xff\xff\xff\x7f", 4) + "garbage";
        writeBytes(folder / "events.cbor", good + damage);
        std::string notice;
        QCOMPARE(readAll(folder, &notice).size(), std::size_t(3));
        QCOMPARE(notice,
                 (folder / "events.cbor").string() + ": damaged at byte " + std::to_string(good.size()) +
                     " (a frame announces 2147483647 bytes, more than the 64 MiB allowed). The 3 events "
                     "before that are kept, and the damaged file was set aside as events.damaged.cbor.");
        QCOMPARE(readFile(folder / "events.cbor", 1 << 20), good);
        QCOMPARE(readFile(folder / "events.damaged.cbor", 1 << 20), good + damage);
        QCOMPARE(readAll(folder, &notice).size(), std::size_t(3));
        QCOMPARE(notice, std::string());
    }

    void saysWhenTheDiskIsFull()
    {
        RunWriter writer = RunWriter::create(root() / "full", spec(), "t");
        rlimit before{};
        getrlimit(RLIMIT_FSIZE, &before);
        const rlimit small{40000, before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        int stored = 0;
        const QString what = sentence([&] {
            for (;; ++stored)
                writer.write(figure("f", 500));
        });
        RunFinished end{RunState::Failed, what.toStdString(), 1, {}};
        QCOMPARE(sentence([&] { writer.finish(end); }), QString());
        setrlimit(RLIMIT_FSIZE, &before);
        const fs::path log = writer.folder() / "events.cbor";
        QCOMPARE(what, QString::fromStdString(log.string() +
                                              ": the disk is full, or a limit on the size of files is "
                                              "reached. Free some space and run it again."));
        QVERIFY(stored > 0);
        std::string notice;
        const auto events = readAll(writer.folder(), &notice);
        QCOMPARE(notice, std::string());
        QCOMPARE(events.size(), std::size_t(stored) + 1);
        QCOMPARE(std::get<RunFinished>(events.back()).error, what.toStdString());
        QCOMPARE(text(runSummary(writer.folder())["state"]), text(Json("failed")));
    }

    void listsRuns()
    {
        const fs::path runs = root() / "list";
        {
            RunWriter dead = RunWriter::createAt(runs / "20200101-000000-dead", spec(), "Dead");
            dead.write(LogLine{LogLevel::Info, "and then", 1});
        }
        RunWriter alive = RunWriter::createAt(runs / "20200101-000000-alive", spec(), "Alive");
        writeBytes(runs / "20200101-000000-poisoned/spec.json", "{}");
        writeBytes(runs / "20200101-000000-poisoned/summary.json", "{\"state\": ");
        writeBytes(runs / "no-run/file", "x");
        std::map<std::string, Json> list;
        for (const auto& run : listRuns(runs))
            list[run["run"]] = run;
        QCOMPARE(list.size(), std::size_t(3));
        QCOMPARE(text(list["20200101-000000-dead"]["state"]), text(Json("failed")));
        QCOMPARE(text(list["20200101-000000-dead"]["error"]),
                 text(Json("The engine ended before the run did.")));
        QCOMPARE(text(list["20200101-000000-alive"]["state"]), text(Json("running")));
        QCOMPARE(text(list["20200101-000000-poisoned"]["state"]), text(Json("failed")));
        QVERIFY(!list["20200101-000000-poisoned"]["error"].get<std::string>().empty());
        QVERIFY(listRuns(root() / "nothing-here").empty());

        QCOMPARE(sentence([&] { deleteRun(runs, "20200101-000000-alive"); }),
                 QStringLiteral("20200101-000000-alive: the run is not over. Cancel it before deleting it."));
        deleteRun(runs, "20200101-000000-dead");
        QVERIFY(!fs::exists(runs / "20200101-000000-dead"));
        for (const char* id : {"", "..", "../list/no-run", "a/b", ".hidden"})
            QVERIFY(sentence([&] { deleteRun(runs, id); }).contains("is no id of a run"));
    }

    void readsPartsOfFiles()
    {
        const fs::path folder = root() / "parts";
        writeBytes(folder / "images/a.raw", "0123456789");
        writeBytes(root() / "secret", "secret");
        fs::create_symlink(root() / "secret", folder / "link");
        std::uint64_t size = 0;
        QCOMPARE(readRunFile(folder, "images/a.raw", 3, 4, size), std::string("3456"));
        QCOMPARE(size, std::uint64_t(10));
        QCOMPARE(readRunFile(folder, "images/a.raw", 99, 4, size), std::string());
        for (const char* file : {"../secret", "/etc/passwd", "link", ""})
            QVERIFY(sentence([&] {
                        readRunFile(folder, file, 0, 10, size);
                    }).endsWith("this file does not belong to the run."));
        QCOMPARE(sentence([&] { readRunFile(folder, "images/b.raw", 0, 1, size); }),
                 QStringLiteral("images/b.raw: the run has no such file."));
    }
};

QTEST_GUILESS_MAIN(TestRunStore)
#include "tst_run_store.moc"
