#include "backend/engine/catalogue.h"
#include "backend/engine/engine.h"
#include "backend/engine/files.h"
#include "backend/engine/run_list.h"
#include "backend/engine/run_reader.h"
#include "backend/models/architectures/architectures.h"
#include "backend/protocol/error.h"
#include "tests/backend/attacks/script_file.h"
#include "tests/backend/engine/json_text.h"
#include "tests/backend/engine/test_study.h"

#include <QTemporaryDir>
#include <QTest>

#include <torch/types.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <map>
#include <semaphore>
#include <sys/resource.h>

using namespace assay;
using namespace assay::engine;
using namespace assay::protocol;

namespace {

constexpr auto kLong = std::chrono::seconds(30);

/// Remembers everything it hears.
class Recorder final : public EngineListener
{
public:
    void runEvent(const RunEvent& event) override
    {
        const std::lock_guard lock(m_mutex);
        m_events.push_back(event);
    }
    void previewEvent(const PreviewEvent& event) override
    {
        const std::lock_guard lock(m_mutex);
        m_previews.push_back(event);
    }
    void jobsChanged() override {}
    void catalogueChanged() override { ++catalogues; }

    std::atomic<int> catalogues = 0;

    template <class T>
    std::vector<T> of(const std::string& run) const
    {
        const std::lock_guard lock(m_mutex);
        std::vector<T> found;
        for (const auto& event : m_events) {
            if (const auto* value = std::get_if<T>(&event.event); value && event.run == run)
                found.push_back(*value);
        }
        return found;
    }
    RunFinished end(const std::string& run) const
    {
        const auto all = of<RunFinished>(run);
        return all.size() == 1 ? all[0] : RunFinished{RunState::Queued, "not one end", 0, {}};
    }
    std::size_t previews() const
    {
        const std::lock_guard lock(m_mutex);
        return m_previews.size();
    }

private:
    mutable std::mutex m_mutex; ///< guards the two below
    std::vector<RunEvent> m_events;
    std::vector<PreviewEvent> m_previews;
};

/// What the generator gave, as one metric: equal digits, equal number.
double draw(at::Generator generator, int count)
{
    return torch::empty({count}, torch::kFloat64).uniform_(0, 1, generator).sum().item<double>();
}

Metric metric(const char* name, double value)
{
    Metric metric;
    metric.name = name;
    metric.value = value;
    return metric;
}

struct NamedAttack
{
    std::vector<std::string> attacks = {"pgd"};
    int shown = 1;
};
template <class V>
void visit(V& v, NamedAttack& p)
{
    std::vector<std::string> ids;
    for (const auto& info : attacks::attacks().list())
        ids.push_back(info.id);
    v.field("attacks", p.attacks).label("Attacks").choices(ids);
    v.field("shown", p.shown).label("Shown").live();
}

/// Counts how often the cache does not have what it asks for.
class AttackingStudy final : public StudyOf<NamedAttack>
{
public:
    explicit AttackingStudy(int& computed)
        : m_computed(computed)
    {}
    StudyInfo info() const override
    {
        StudyInfo info;
        info.id = "t.attacking";
        info.title = "Attacking";
        info.previews = true;
        return info;
    }
    std::function<void()> meanwhile; ///< happens before the cache is asked
    std::atomic<int> shown = 0;      ///< by the last preview

protected:
    void runWith(RunContext& ctx, const NamedAttack&) override
    {
        if (meanwhile)
            meanwhile();
        ctx.cached({{"method", "t.attacking"}}, [&] {
            ++m_computed;
            return TensorMap{{"x", torch::ones({1})}};
        });
    }

    void previewWith(RunContext&, const NamedAttack& p) override { shown = p.shown; }

private:
    int& m_computed;
};

} // namespace

class TestEngine : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    Recorder m_heard;
    std::unique_ptr<Engine> m_engine;

    void add(const std::string& id, TestStudy::Body run, TestStudy::Body preview = {})
    {
        m_engine->registries().addStudy(std::make_unique<TestStudy>(id, std::move(run), std::move(preview)));
    }
    std::string start(const std::string& study, std::uint64_t seed = 1)
    {
        RunSpec spec;
        spec.study = study;
        spec.seed = seed;
        return m_engine->start(spec).run;
    }
    std::string finished(const std::string& study, std::uint64_t seed = 1)
    {
        const std::string run = start(study, seed);
        m_engine->batch().wait(run);
        return run;
    }
    template <class Call>
    static QString sentence(Call call)
    {
        try {
            call();
        } catch (const Error& error) {
            return QString::fromUtf8(error.what());
        }
        return {};
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        qputenv("XDG_CONFIG_HOME", m_dir.path().toUtf8());
        qputenv("XDG_DATA_HOME", m_dir.path().toUtf8());
        qputenv("ASSAY_RESOURCES", m_dir.path().toUtf8());
        qunsetenv("ASSAY_PLUGIN_PATH");
        std::signal(SIGXFSZ, SIG_IGN);
        m_engine = std::make_unique<Engine>(m_dir.path().toStdString(), m_heard);
    }
    void cleanupTestCase() { m_engine.reset(); }

    void storesWhatItSends()
    {
        add("t.simple", [](RunContext& ctx) {
            ctx.log("one");
            ctx.metric(metric("m", draw(ctx.generator("a"), 10)));
            ctx.artifact("tensors", {{"x", torch::arange(5)}});
        });
        const std::string run = finished("t.simple", 3);
        QCOMPARE(m_heard.end(run).state, RunState::Finished);
        const auto folder = runFolder(m_engine->workspace().runs(), run);
        RunReader reader(folder);
        std::size_t stored = 0;
        while (reader.next())
            ++stored;
        QCOMPARE(stored, std::size_t(5));
        const Json provenance = readJsonFile(folder / "provenance.json");
        for (const char* key : {"assay", "commit", "libraries", "device", "threads", "seed", "inputs",
                                "seconds", "peak_memory_bytes"})
            QVERIFY2(provenance.contains(key), key);
        QCOMPARE(text(provenance["seed"]), text(Json(3)));
        QVERIFY(std::filesystem::exists(folder / "artifacts/tensors.safetensors"));
        QCOMPARE(m_heard.of<Artifact>(run).at(0).sha256,
                 sha256OfFile(folder / "artifacts/tensors.safetensors"));
    }

    /// From the moment it is saved: in the list, to be chosen, and with a clear word once its run is gone.
    void listsTheModelsThatRunsSave()
    {
        static torch::Tensor s_weight;
        add("t.saving", [](RunContext& ctx) {
            models::ModelCard card;
            card.title = "A small one";
            card.architecture = "mlp";
            card.options = {{"widths", {4}}};
            card.classes = {"a", "b", "c"};
            const auto network = models::makeNetwork(card.architecture, card.options, card.input, 3);
            s_weight = network->persistent().front().second.clone();
            ctx.saveModel("edited", *network, card);
        });
        const int heard = m_heard.catalogues;
        const std::string run = finished("t.saving");
        QCOMPARE(m_heard.end(run).error, std::string());
        QCOMPARE(m_heard.catalogues - heard, 1);
        QCOMPARE(m_heard.of<Artifact>(run).at(0).kind, std::string("model"));
        const std::string name = "edited-" + run;
        const auto entry = [&] {
            for (const Json& model : modelsJson(*m_engine))
                if (model["name"] == name)
                    return model;
            return Json();
        };
        QCOMPARE(text(entry()["title"]), text(Json("A small one")));
        QCOMPARE(text(entry()["source"]), text(Json("workspace")));
        QCOMPARE(text(entry()["warning"]), text(Json("")));
        QCOMPARE(
            text(entry()["file"]),
            text(Json(
                (runFolder(m_engine->workspace().runs(), run) / "artifacts/edited.safetensors").string())));
        const auto model = m_engine->inputs().model(name, torch::kCPU);
        QVERIFY(model->namedParameters().front().second.equal(s_weight));
        m_engine->inputs().requireModel(name);

        m_engine->deleteRun(run);
        QCOMPARE(m_heard.catalogues - heard, 2);
        QCOMPARE(text(entry()["warning"]),
                 text(Json("The run '" + run +
                           "' that made it was deleted. Run the study again, or remove "
                           "this entry.")));
        const QString gone =
            QStringLiteral("model '%1': the run '%2' that made it was deleted. Run the study "
                           "again, or remove the model from the library.")
                .arg(QString::fromStdString(name), QString::fromStdString(run));
        QCOMPARE(sentence([&] { m_engine->inputs().requireModel(name); }), gone);
        QCOMPARE(sentence([&] { m_engine->inputs().model(name, torch::kCPU); }), gone);
        m_engine->removeImport("model", name);
        QVERIFY(entry().is_null());
    }

    /// A workspace that was moved takes its models along.
    void savedModelsAreFoundFromTheirCard()
    {
        add("t.saving-again", [](RunContext& ctx) {
            models::ModelCard card;
            card.architecture = "mlp";
            card.classes = {"a", "b"};
            ctx.saveModel("kept", *models::makeNetwork("mlp", card.options, card.input, 2), card);
        });
        const std::string run = finished("t.saving-again");
        const auto card = m_engine->workspace().models() / ("kept-" + run + ".json");
        QCOMPARE(text(readJsonFile(card)["file"]),
                 text(Json("../runs/" + run + "/artifacts/kept.safetensors")));
    }

    void givesTheSameDigitsForTheSameSeed()
    {
        add("t.draws", [](RunContext& ctx) {
            // The order of the streams does not matter, nor does what others draw from theirs.
            const bool swap = ctx.seed() > 100;
            if (swap)
                draw(ctx.generator("b"), 7);
            ctx.metric(metric("a", draw(ctx.generator("a"), 10)));
            ctx.metric(metric("b", draw(ctx.generator("b"), 10)));
        });
        const auto first = m_heard.of<Metric>(finished("t.draws", 1));
        const auto second = m_heard.of<Metric>(finished("t.draws", 1));
        const auto other = m_heard.of<Metric>(finished("t.draws", 2));
        QCOMPARE(first[0].value, second[0].value);
        QCOMPARE(first[1].value, second[1].value);
        QVERIFY(first[0].value != first[1].value);
        QVERIFY(first[0].value != other[0].value);
        const auto swapped = m_heard.of<Metric>(finished("t.draws", 101));
        const auto again = m_heard.of<Metric>(finished("t.draws", 101));
        QCOMPARE(swapped[0].value, again[0].value);
    }

    void givesTheSameDigitsWithFiftyPreviews()
    {
        std::binary_semaphore begun(0);
        std::atomic<bool> previewing = false;
        add(
            "t.previewed",
            [&](RunContext& ctx) {
                auto generator = ctx.generator("steps");
                const auto weight = torch::ones({3}).requires_grad_(true);
                double sum = 0;
                for (int i = 0; i < 200; ++i) {
                    ctx.checkpoint();
                    sum += draw(generator, 5);
                    sum += torch::autograd::grad({(weight * i).sum()}, {weight})[0].sum().item<double>();
                    if (i == 50)
                        begun.release();
                    while (i == 100 && previewing) // until all previews were computed in the middle of it
                        ctx.checkpoint();
                }
                ctx.metric(metric("sum", sum));
            },
            [](RunContext& ctx) {
                const at::NoGradGuard noGradients;
                Figure figure;
                figure.name = "preview";
                figure.aspect = draw(ctx.generator("steps"), 50);
                ctx.checkpoint();
                ctx.figure(figure);
            });
        const std::string quiet = finished("t.previewed");
        QVERIFY(begun.try_acquire_for(kLong));
        previewing = true;
        const std::string busy = start("t.previewed");
        QVERIFY(begun.try_acquire_for(kLong));
        const std::size_t before = m_heard.previews();
        for (std::uint64_t i = 0; i < 50; ++i) {
            std::binary_semaphore answered(0);
            std::string problem = "superseded";
            m_engine->preview(quiet, Json::object(), i, [&](bool superseded, const std::string& error) {
                if (!superseded)
                    problem = error;
                answered.release();
            });
            QVERIFY(answered.try_acquire_for(kLong));
            QCOMPARE(problem, std::string());
        }
        previewing = false;
        m_engine->batch().wait(busy);
        QCOMPARE(m_heard.previews() - before, std::size_t(50));
        QCOMPARE(m_heard.of<Metric>(busy).at(0).value, m_heard.of<Metric>(quiet).at(0).value);
    }

    void refusesPreviews()
    {
        add("t.no-previews", [](RunContext&) {});
        add(
            "t.storing", [](RunContext&) {}, [](RunContext& ctx) { ctx.artifact("x", {}); });
        const auto none = [](bool, const std::string&) {};
        const std::string plain = finished("t.no-previews");
        QCOMPARE(sentence([&] { m_engine->preview(plain, Json::object(), 1, none); }),
                 QStringLiteral("t.no-previews: this study has no previews. Run it again with the changed "
                                "parameters."));
        QVERIFY(sentence([&] {
                    m_engine->preview("nothing", Json::object(), 1, none);
                }).startsWith("there is no run 'nothing' in "));
        std::binary_semaphore answered(0);
        std::string problem;
        m_engine->preview(finished("t.storing"), Json::object(), 1, [&](bool, const std::string& error) {
            problem = error;
            answered.release();
        });
        QVERIFY(answered.try_acquire_for(kLong));
        QCOMPARE(problem, std::string("a preview stores no artifacts, but the study gave 'x'."));
    }

    void putsFailuresIntoWords_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("words");
        QTest::newRow("mendable") << 0 << "file.csv: it is empty. Fill it.";
        QTest::newRow("bug") << 1 << "t.fails failed unexpectedly: index out of range";
        QTest::newRow("no exception")
            << 2 << "t.fails failed unexpectedly: something was thrown that is no exception.";
        QTest::newRow("memory") << 3 << "t.fails failed unexpectedly: there is not enough memory.";
    }
    void putsFailuresIntoWords()
    {
        static int s_kind = 0; // which one the study, registered once, throws
        QFETCH(int, kind);
        QFETCH(QString, words);
        s_kind = kind;
        if (kind == 0) {
            add("t.fails", [](RunContext& ctx) {
                ctx.metric(metric("before", 1));
                switch (s_kind) {
                case 0:
                    throw Error("it is empty", "file.csv", "Fill it");
                case 1:
                    throw std::out_of_range("index out of range");
                case 2:
                    throw 42;
                default:
                    throw std::bad_alloc();
                }
            });
        }
        const std::string run = finished("t.fails");
        QCOMPARE(m_heard.end(run).state, RunState::Failed);
        QCOMPARE(QString::fromStdString(m_heard.end(run).error), words);
        const auto folder = runFolder(m_engine->workspace().runs(), run);
        QCOMPARE(text(readJsonFile(folder / "metrics.json")), text(Json({{"before", 1.0}})));
        QCOMPARE(text(runSummary(folder)["state"]), text(Json("failed")));
    }

    void cancelsQueuedAndRunning()
    {
        std::binary_semaphore begun(0);
        add("t.endless", [&](RunContext& ctx) {
            begun.release();
            for (;;)
                ctx.checkpoint();
        });
        const std::string running = start("t.endless");
        const std::string queued = start("t.endless");
        QVERIFY(begun.try_acquire_for(kLong));
        m_engine->cancel(queued);
        QCOMPARE(m_heard.end(queued).state, RunState::Cancelled);
        m_engine->cancel(running);
        m_engine->batch().wait(running);
        QCOMPARE(m_heard.end(running).state, RunState::Cancelled);
        QCOMPARE(sentence([&] { m_engine->cancel(running); }),
                 QString::fromStdString("the run '" + running + "' is neither queued nor running."));
        std::map<std::string, Json> states;
        for (const auto& run : m_engine->runs())
            states[run["run"]] = run["state"];
        QCOMPARE(text(states[running]), text(Json("cancelled")));
        QCOMPARE(text(states[queued]), text(Json("cancelled")));
        m_engine->deleteRun(queued);
        QCOMPARE(m_engine->runs().size(), states.size() - 1);
    }

    void refusesWrongSpecs()
    {
        RunSpec spec;
        spec.study = "t.simple";
        spec.device = "cuda:99";
        QVERIFY(sentence([&] {
                    m_engine->start(spec);
                }).startsWith("there is no device 'cuda:99' here; there are: cpu"));
        spec.device = "auto";
        spec.params = {{"colour", 1}};
        QVERIFY(sentence([&] { m_engine->start(spec); }).contains("colour"));
        QVERIFY(sentence([&] { start("t.nothing"); }).startsWith("there is no study 't.nothing'"));
    }

    void failsOnAFullDiskAndGoesOn()
    {
        add("t.floods", [](RunContext& ctx) {
            for (int i = 0; i < 100000; ++i) {
                try {
                    ctx.log(std::string(1000, 'x'));
                } catch (...) {
                    return; // even a study that swallows it has failed
                }
            }
        });
        rlimit before{};
        getrlimit(RLIMIT_FSIZE, &before);
        const rlimit small{60000, before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        const std::string run = finished("t.floods");
        setrlimit(RLIMIT_FSIZE, &before);
        QCOMPARE(m_heard.end(run).state, RunState::Failed);
        QVERIFY(m_heard.end(run).error.ends_with(
            "events.cbor: the disk is full, or a limit on the size of files is "
            "reached. Free some space and run it again."));
        QCOMPARE(m_heard.end(finished("t.draws")).state, RunState::Finished);
    }

    void sendsProgressAtMostTenTimesASecond()
    {
        add("t.progress", [](RunContext& ctx) {
            for (int i = 1; i <= 20000; ++i)
                ctx.progress(i, 20000, "counting");
        });
        const std::string run = finished("t.progress");
        const double seconds = m_heard.end(run).seconds;
        const auto heard = m_heard.of<Progress>(run);
        QVERIFY(heard.size() >= 2);
        QVERIFY2(double(heard.size()) <= 3 + seconds * 10, qPrintable(QString::number(heard.size())));
        QCOMPARE(heard.back().done, 20000.0);
    }

    void cachesOnDisk()
    {
        static int s_computed = 0;
        add("t.cached", [](RunContext& ctx) {
            const auto got = ctx.cached({{"method", "t.cached"}, {"seed", ctx.seed()}}, [&] {
                ++s_computed;
                return TensorMap{{"x", torch::full({2}, 0.5)}};
            });
            ctx.metric(metric("x", got.at("x").sum().item<double>()));
        });
        QCOMPARE(m_heard.of<Metric>(finished("t.cached", 1)).at(0).value, 1.0);
        QCOMPARE(m_heard.of<Metric>(finished("t.cached", 1)).at(0).value, 1.0);
        QCOMPARE(s_computed, 1);
        finished("t.cached", 2);
        QCOMPARE(s_computed, 2);
    }

    void scriptsAreInTheProvenanceAndInCacheKeys()
    {
        static int s_computed = 0;
        auto owned = std::make_unique<AttackingStudy>(s_computed);
        AttackingStudy& study = *owned;
        m_engine->registries().addStudy(std::move(owned));
        const auto folder = m_engine->workspace().attacks();
        const auto write = [&](const std::string& methods) {
            const auto file = test::writeScript(folder, "mine", methods);
            const auto now = std::filesystem::last_write_time(file);
            static int s_seconds = 0;
            std::filesystem::last_write_time(file, now + std::chrono::seconds(++s_seconds));
            return sha256OfFile(file);
        };
        const auto run = [&](const Json& attacks) {
            RunSpec spec;
            spec.study = "t.attacking";
            spec.params = {{"attacks", attacks}};
            const std::string id = m_engine->start(spec).run;
            m_engine->batch().wait(id);
            return id;
        };
        const auto inputs = [&](const std::string& id) { return m_heard.end(id).provenance["inputs"]; };

        const std::string first = write(test::kSignStep);
        const std::string one = run({"pgd", "script:mine"});
        QCOMPARE(text(inputs(one)["attacks"]), text(Json({{"script:mine", first}})));
        QCOMPARE(
            text(readJsonFile(m_engine->workspace().runs() / one / "provenance.json")["inputs"]["attacks"]),
            text(Json({{"script:mine", first}})));
        QCOMPARE(s_computed, 1);
        run({"pgd", "script:mine"});
        QCOMPARE(s_computed, 1); // the same script

        // An edited script is another one, without a restart, and so is what is kept of it.
        const std::string second = write(test::kBackStep);
        QVERIFY(second != first);
        const std::string two = run({"script:mine"});
        QCOMPARE(text(inputs(two)["attacks"]), text(Json({{"script:mine", second}})));
        QCOMPARE(s_computed, 2);
        QCOMPARE(write(test::kSignStep), first);
        run({"script:mine"});
        QCOMPARE(s_computed, 2); // as it was: its old entry is good again

        // Built-in attacks leave no trace, and have keys of their own.
        const std::string plain = run({"pgd"});
        QVERIFY(!inputs(plain).contains("attacks"));
        QCOMPARE(s_computed, 3);

        // Changed while a run goes on: nothing is taken from the cache or put there.
        study.meanwhile = [&] {
            write(test::kBackStep + "\n");
            m_engine->refreshAttacks();
        };
        const std::string torn = run({"script:mine"});
        QCOMPARE(text(inputs(torn)["attacks"]), text(Json({{"script:mine", first}})));
        QCOMPARE(s_computed, 4);
        const auto said = m_heard.of<LogLine>(torn);
        QVERIFY(!said.empty() && said.back().text.starts_with("script:mine was changed"));
        study.meanwhile = {};
        QCOMPARE(write(test::kSignStep), first);
        run({"script:mine"});
        QCOMPARE(s_computed, 4);
        std::filesystem::remove_all(folder);

        // A run of a script that is gone can still be looked at, but not repeated.
        m_engine->refreshAttacks();
        std::binary_semaphore done(0);
        m_engine->preview(two, {{"shown", 7}}, 1, [&](bool, const std::string&) { done.release(); });
        QVERIFY(done.try_acquire_for(kLong));
        QCOMPARE(study.shown.load(), 7);
        QVERIFY(sentence([&] { run({"script:mine"}); }).contains("one of fgsm, "));
        QVERIFY(!sentence([&] {
                     m_engine->preview(two, {{"attacks", {"bogus"}}}, 2, [](bool, const std::string&) {});
                 }).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestEngine)
#include "tst_engine.moc"
