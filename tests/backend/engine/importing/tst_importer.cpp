#include "backend/engine/catalogue.h"
#include "backend/engine/engine.h"
#include "backend/engine/files.h"
#include "backend/engine/importing/accuracy_check.h"
#include "backend/protocol/error.h"
#include "tests/backend/attacks/script_file.h"
#include "tests/backend/engine/importing/foreign_files.h"
#include "tests/backend/engine/json_text.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <filesystem>

using namespace assay;
using namespace assay::engine;
using namespace assay::test;

namespace fs = std::filesystem;

namespace {

class Silent final : public EngineListener
{
public:
    void runEvent(const protocol::RunEvent&) override {}
    void previewEvent(const protocol::PreviewEvent&) override {}
    void jobsChanged() override {}
    void catalogueChanged() override { ++changes; }
    int changes = 0;
};

const Json kSize = {{"height", 8}, {"width", 8}};

Json with(Json values, const Json& more)
{
    values.update(more);
    return values;
}

Json entry(const Json& list, const std::string& name)
{
    for (const Json& each : list) {
        if (each["name"] == name)
            return each;
    }
    return {};
}

bool says(const ImportReport& report, const std::string& part)
{
    return std::ranges::any_of(report.findings,
                               [&](const auto& f) { return f.text.find(part) != std::string::npos; });
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

/// Taking files into a workspace, through the engine; the user's files are in a folder of their own.
class TestImporter : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    Silent m_heard;
    std::unique_ptr<Engine> m_engine;
    fs::path m_weights;
    fs::path m_images;

    fs::path user(const char* name) const { return fs::path(m_dir.path().toStdString()) / "user" / name; }
    fs::path work(const char* name) const { return fs::path(m_dir.path().toStdString()) / "work" / name; }
    void open() { m_engine = std::make_unique<Engine>(work(""), m_heard); }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        qputenv("XDG_CONFIG_HOME", m_dir.path().toUtf8());
        qputenv("XDG_DATA_HOME", m_dir.path().toUtf8());
        qunsetenv("ASSAY_PLUGIN_PATH");
        qunsetenv("ASSAY_DATA");
        m_weights = writeWeights(user(""), "Quarter Net");
        m_images = user("quarters");
        writeIdxFolder(m_images);
    }
    void init() { open(); }
    void cleanup()
    {
        m_engine.reset();
        fs::remove_all(work(""));
    }

    void asksForWhatTheFileDoesNotTell()
    {
        const ImportReport report = m_engine->importer().inspect(m_weights, Json::object());
        QCOMPARE(report.kind, std::string("model"));
        QCOMPARE(report.format, std::string("state_dict"));
        QCOMPARE(text(Json(report.asks)), text(Json({"height", "width"})));
        QCOMPARE(text(report.form.values["name"]), text(Json("quarter-net")));
        QCOMPARE(text(report.form.values["architecture"]), text(Json("mlp")));
        QCOMPARE(text(report.form.values["height"]), QStringLiteral("null"));
        const protocol::Field* height = report.form.schema.find("height");
        QVERIFY(height && height->optional && height->unit == "pixels");
        QVERIFY(protocol::problems(report.form.schema, report.form.values).empty());
        QCOMPARE(sentence([&] { m_engine->addImport(m_weights, Json::object()); }),
                 QString::fromStdString(m_weights.string() +
                                        ": only you can say its height, width. Give height, for example with "
                                        "--set height=VALUE."));
        QVERIFY(!fs::exists(work("models")));
    }

    void importsAModelAndMeasuresIt()
    {
        m_engine->addImport(m_images, {{"name", "quarters"}});
        const Json values = with(kSize, {{"dataset", "quarters"}, {"title", "Quarters"}});
        const ImportReport report = m_engine->importer().inspect(m_weights, values);
        QVERIFY(report.asks.empty());
        QVERIFY2(says(report, "100.0 % of 24 test images of quarters are classified correctly."),
                 qPrintable(text(toJson(report)["findings"])));
        const auto added = m_engine->addImport(m_weights, values);
        QCOMPARE(added.kind, std::string("model"));
        QCOMPARE(added.name, std::string("quarter-net"));
        QCOMPARE(m_heard.changes, 2);

        const Json card = readJsonFile(work("models/quarter-net.json"));
        QCOMPARE(text(card["file"]), text(Json(m_weights.string())));
        QCOMPARE(text(card["sha256"]), text(Json(sha256OfFile(m_weights))));
        QCOMPARE(card["test_accuracy"].get<double>(), 1.0);
        QCOMPARE(card["test_accuracy_count"].get<int>(), 24);
        QCOMPARE(card["stamp"]["bytes"].get<std::uintmax_t>(), fs::file_size(m_weights));
        QVERIFY(fs::exists(m_weights));

        const Json listed = entry(modelsJson(*m_engine), "quarter-net");
        QCOMPARE(text(listed["source"]), text(Json("workspace")));
        QCOMPARE(text(listed["format"]), text(Json("state_dict")));
        QCOMPARE(text(listed["title"]), text(Json("Quarters")));
        QCOMPARE(text(listed["dataset"]), text(Json("quarters")));
        QCOMPARE(text(listed["warning"]), text(Json("")));
        QCOMPARE(text(listed["predictionsOnly"]), text(Json(false)));
        const auto model = m_engine->inputs().model("quarter-net", torch::kCPU);
        QCOMPARE(model->classCount(), std::int64_t(kClasses));
    }

    void takesRepeatedValuesForNoCorrections()
    {
        // A form sends everything back; what was found for one size must not be held against another.
        Json values = m_engine->importer().inspect(m_weights, Json::object()).form.values;
        values.update(kSize);
        const ImportReport report = m_engine->importer().inspect(m_weights, values);
        QVERIFY2(report.asks.empty(), qPrintable(text(Json(report.asks))));
        QVERIFY(std::ranges::none_of(
            report.findings, [](const auto& f) { return f.level == protocol::Finding::Level::Problem; }));
    }

    void warnsOfAWrongNormalisation()
    {
        // Hidden value k is relu(-sum over quarter k), and the logits are minus that. With pixels centred at
        // 0.5 a dark quarter gives a large hidden value and the bright one none: right on every image. With
        // pixels as they are all hidden values are 0, a tie that goes to class 0: right on a quarter.
        const fs::path file = user("half.safetensors");
        torch::Tensor first = torch::zeros({kClasses, kSide * kSide});
        for (int y = 0; y < kSide; ++y)
            for (int x = 0; x < kSide; ++x)
                first[(y >= kSide / 2 ? 2 : 0) + (x >= kSide / 2 ? 1 : 0)][y * kSide + x] = 1.0;
        models::writeSafetensors(file, {{"fc1.weight", -first},
                                        {"fc1.bias", torch::full({kClasses}, 0.0)},
                                        {"out.weight", -torch::eye(kClasses)},
                                        {"out.bias", torch::zeros({kClasses})}});
        m_engine->addImport(m_images, {{"name", "quarters"}});
        const ImportReport wrong = m_engine->importer().inspect(file, with(kSize, {{"dataset", "quarters"}}));
        QVERIFY(says(wrong, "25.0 % of 24 test images"));
        // 24 images are too few for a verdict.
        QVERIFY(!says(wrong, "double normalisation"));

        const fs::path many = user("many");
        writeIdxFolder(many, 40, 200);
        m_engine->addImport(many, {{"name", "many"}});
        const ImportReport told = m_engine->importer().inspect(file, with(kSize, {{"dataset", "many"}}));
        QVERIFY2(says(told, "Wrong or double normalisation: with mean ["),
                 qPrintable(text(toJson(told)["findings"])));
        QVERIFY(says(told, "as set only 25.0 %"));
        const ImportReport right = m_engine->importer().inspect(
            file, with(kSize, {{"dataset", "many"}, {"mean", {0.5}}, {"stddev", {0.5}}}));
        QVERIFY(says(right, "100.0 % of 200 test images"));
        QVERIFY(!says(right, "double normalisation"));
    }

    void saysWhyAccuracyWasNotMeasured()
    {
        m_engine->addImport(m_images, {{"name", "quarters"}});
        const ImportReport report =
            m_engine->importer().inspect(m_weights, {{"height", 4}, {"width", 16}, {"dataset", "quarters"}});
        QVERIFY(says(
            report, "Its accuracy cannot be measured on quarters: it expects images of 1 x 4 x 16, but those "
                    "of quarters are 1 x 8 x 8. Choose the data set it was trained for."));
        m_engine->addImport(m_weights, {{"height", 4}, {"width", 16}, {"dataset", "quarters"}});
        QCOMPARE(text(entry(modelsJson(*m_engine), "quarter-net")["accuracy"]), QStringLiteral("null"));
    }

    void refusesTakenAndWrongNames()
    {
        m_engine->addImport(m_weights, kSize);
        QCOMPARE(sentence([&] {
                     m_engine->addImport(m_weights, with(kSize, {{"name", "quarter-net"}}));
                 }),
                 QStringLiteral("name: there is already a model 'quarter-net'. Choose another name."));
        QCOMPARE(
            sentence([&] {
                m_engine->addImport(m_weights, with(kSize, {{"name", "../etc"}}));
            }),
            QStringLiteral("name: the name '../etc' must be of lower case letters, digits and '-', and at "
                           "most 80 characters. Choose another name."));
        // A second import of the file is suggested another name.
        const ImportReport again = m_engine->importer().inspect(m_weights, kSize);
        QCOMPARE(text(again.form.values["name"]), text(Json("quarter-net-2")));
    }

    void refusesWhatNothingRecognises()
    {
        const fs::path file = user("notes.txt");
        std::ofstream(file) << "dear diary\n";
        const ImportReport report = m_engine->importer().inspect(file, Json::object());
        QCOMPARE(report.kind, std::string());
        QCOMPARE(
            sentence([&] { m_engine->addImport(file, Json::object()); }),
            QStringLiteral("Nothing here recognises notes.txt. See `assay-cli import --help` for the kinds "
                           "of models and images that can be read."));
        QCOMPARE(sentence([&] { m_engine->importer().inspect(user("none"), Json::object()); }),
                 QString::fromStdString(user("none").string() +
                                        ": there is no such file or folder. Check the path."));
        QVERIFY(says(m_engine->importer().inspect(m_weights, {{"hieght", 8}}),
                     "'hieght' is no field of this import. Did you mean 'height'"));
    }

    void undoesARemovalAfterARestart()
    {
        m_engine->addImport(m_weights, kSize);
        m_engine->addImport(m_images, {{"name", "quarters"}});
        const std::string model = m_engine->removeImport("model", "quarter-net");
        const std::string data = m_engine->removeImport("data", "quarters");
        QVERIFY(!fs::exists(work("models/quarter-net.json")));
        QVERIFY(fs::exists(work("removed") / (model + ".json")));
        QVERIFY(entry(modelsJson(*m_engine), "quarter-net").is_null());
        QVERIFY(fs::exists(m_weights));

        m_engine.reset();
        open();
        QCOMPARE(m_engine->restoreImport(model).name, std::string("quarter-net"));
        QCOMPARE(m_engine->restoreImport(data).kind, std::string("data"));
        QVERIFY(!entry(modelsJson(*m_engine), "quarter-net").is_null());
        QVERIFY(!entry(datasetsJson(*m_engine), "quarters").is_null());
        QCOMPARE(sentence([&] { m_engine->restoreImport(model); }),
                 QString::fromStdString("there is nothing to restore under '" + model +
                                        "'. It was restored already, or removed in another workspace."));
        QVERIFY(sentence([&] {
                    m_engine->restoreImport("../models/quarter-net");
                }).startsWith("there is nothing to restore under"));
    }

    void refusesToRestoreOverANewOne()
    {
        m_engine->addImport(m_weights, kSize);
        const std::string token = m_engine->removeImport("model", "quarter-net");
        m_engine->addImport(m_weights, kSize);
        QCOMPARE(sentence([&] { m_engine->restoreImport(token); }),
                 QStringLiteral("there is a model 'quarter-net' again. Remove that one first."));
    }

    void keepsWhatCameWithAssay()
    {
        QCOMPARE(
            sentence([&] { m_engine->removeImport("model", "fashion-cnn"); }),
            QStringLiteral("the model 'fashion-cnn' came with Assay and cannot be removed. Only what was "
                           "imported into this workspace can."));
        QCOMPARE(
            sentence([&] { m_engine->removeImport("data", "fashion-mnist"); }),
            QStringLiteral("the data set 'fashion-mnist' came with Assay and cannot be removed. Only what "
                           "was imported into this workspace can."));
        QVERIFY(sentence([&] {
                    m_engine->removeImport("model", "fashion-cmn");
                }).startsWith("there is no model 'fashion-cmn'. Did you mean 'fashion-cnn'"));
    }

    void warnsOfChangedAndMissingFiles()
    {
        const fs::path copy = user("copy.safetensors");
        fs::copy_file(m_weights, copy, fs::copy_options::overwrite_existing);
        m_engine->addImport(copy, kSize);
        const auto warning = [&] {
            return QString::fromStdString(entry(modelsJson(*m_engine), "copy")["warning"].get<std::string>());
        };
        // A new time alone is no change.
        fs::last_write_time(copy, fs::last_write_time(copy) + std::chrono::hours(1));
        QCOMPARE(warning(), QString());
        std::ofstream(copy, std::ios::app) << "more";
        QCOMPARE(warning(), QString::fromStdString(
                                copy.string() + " has changed since it was imported. Put the old one back, "
                                                "or import it anew."));
        QVERIFY(
            sentence([&] { m_engine->inputs().model("copy", torch::kCPU); }).contains("the SHA-256 differs"));
        fs::remove(copy);
        QCOMPARE(warning(),
                 QString::fromStdString(copy.string() + " is gone. Put it back, or remove this entry."));
    }

    void warnsOfChangedImages()
    {
        const fs::path folder = user("moving");
        writeIdxFolder(folder);
        m_engine->addImport(folder, {{"name", "moving"}});
        const Json before = entry(datasetsJson(*m_engine), "moving");
        QCOMPARE(text(before["own"]), text(Json(true)));
        QCOMPARE(text(before["location"]), text(Json(folder.string())));
        QCOMPARE(text(before["warning"]), text(Json("")));
        QCOMPARE(before["test"].get<int>(), 24);
        writeIdxFolder(folder, 41, 24);
        std::ofstream(folder / "readme.txt") << "new";
        QVERIFY(entry(datasetsJson(*m_engine), "moving")["warning"].get<std::string>().ends_with(
            "has changed since it was imported. Put the old one back, or import it anew."));
        QVERIFY(sentence([&] {
                    m_engine->inputs().dataset("moving");
                }).contains("the files are no longer those that were imported"));
    }

    void standsBrokenCards()
    {
        fs::create_directories(work("models"));
        fs::create_directories(work("data"));
        std::ofstream(work("models/broken.json")) << "{\"name\": 7}";
        std::ofstream(work("data/broken.json")) << "not json";
        QVERIFY(entry(modelsJson(*m_engine), "broken").is_null());
        const Json data = entry(datasetsJson(*m_engine), "broken");
        QCOMPARE(text(data["available"]), text(Json(false)));
        QVERIFY(!data["problem"].get<std::string>().empty());
        // Both can be taken away, and put back as they were.
        const std::string model = m_engine->removeImport("model", "broken");
        m_engine->removeImport("data", "broken");
        QVERIFY(entry(datasetsJson(*m_engine), "broken").is_null());
        m_engine->restoreImport(model);
        QVERIFY(fs::exists(work("models/broken.json")));
    }

    void opensFilesThatAreNotImported()
    {
        QCOMPARE(
            sentence([&] { m_engine->inputs().model(m_weights.string(), torch::kCPU); }),
            QString::fromStdString(m_weights.string() +
                                   ": only you can say its height and width. Import it first: `assay-cli "
                                   "import " +
                                   m_weights.string() + " --set height=VALUE --set width=VALUE`."));
        QCOMPARE(m_engine->inputs().dataset(m_images.string())->size(data::Split::Test), std::int64_t(24));
        QVERIFY(!fs::exists(work("models")));
    }

    void recognisesAttacks()
    {
        const fs::path file = writeScript(
            user(""), "My_Sign", kSignStep + "def transform(self, x, seed: int):\n    return 0.5 * x\n");
        const ImportReport report = m_engine->importer().inspect(file, Json::object());
        QCOMPARE(report.kind, std::string("attack"));
        QCOMPARE(report.title, std::string("TorchScript attack"));
        QVERIFY(report.asks.empty());
        QCOMPARE(text(report.form.values), text(Json({{"name", "my-sign"}, {"title", "My_Sign"}})));
        QVERIFY(says(report,
                     "An attack in linf, l2 and l1, with the parameter gain and with a transform of the "
                     "images."));
        QVERIFY(says(report,
                     "Tried for two steps on random grey (28 x 28) and coloured (32 x 32) images: every "
                     "call answered within 2 seconds and gave sound numbers."));
        QCOMPARE(text(report.details["transform"]), text(Json(true)));
        QCOMPARE(text(report.details["parameters"]), text(Json({{{"name", "gain"}, {"default", 1.0}}})));

        const fs::path unsound = writeScript(user(""), "unsound", kUnsoundStep);
        QCOMPARE(m_engine->importer().inspect(unsound, Json::object()).kind, std::string("attack"));
        QCOMPARE(
            sentence([&] { m_engine->addImport(unsound, Json::object()); }),
            QString::fromStdString(unsound.string() +
                                   ": the argument 'decay' of its step has no default value. Give it one: "
                                   "it then becomes a parameter of the attack."));
        const fs::path both = writeScript(user(""), "both", kSignStep + kForward);
        QCOMPARE(
            sentence([&] { m_engine->addImport(both, Json::object()); }),
            QStringLiteral("both.pt has both 'forward' and 'step', so it could be a network or an attack. "
                           "Save it with only one of them."));
        const fs::path neither = writeScript(user(""), "neither", "def other(self, x):\n    return x\n");
        QCOMPARE(sentence([&] { m_engine->addImport(neither, Json::object()); }),
                 QStringLiteral("neither.pt is TorchScript without 'forward' and without 'step', so it is "
                                "neither a network nor an attack. Mark the method with @torch.jit.export."));
        QCOMPARE(m_engine->importer().inspect(writeScript(user(""), "net", kForward), Json::object()).kind,
                 std::string("model"));
        QVERIFY(
            says(m_engine->importer().inspect(file, {{"decay", 1}}), "'decay' is no field of this import"));
    }

    void importsAnAttackAndUndoesIt()
    {
        const fs::path file = writeScript(user(""), "sign", kSignStep);
        const auto attack = [&] { return entry(attacksJson(*m_engine), "script:mine"); };
        const auto added = m_engine->addImport(file, {{"name", "mine"}, {"title", "Signs"}});
        QCOMPARE(added.kind, std::string("attack"));
        QCOMPARE(added.name, std::string("script:mine"));
        QCOMPARE(attacks::attacks().info("script:mine").title, std::string("Signs"));
        const Json card = readJsonFile(work("attacks/mine.json"));
        QCOMPARE(text(card["file"]), text(Json(file.string())));
        QCOMPARE(text(card["sha256"]), text(Json(sha256OfFile(file))));
        for (const char* key : {"own", "imported", "available", "script"})
            QCOMPARE(text(attack()[key]), text(Json(true)));
        QCOMPARE(text(attack()["parameters"]), text(Json({"loss", "gain"})));
        QCOMPARE(text(attack()["sha256"]), text(card["sha256"]));
        QCOMPARE(sentence([&] {
                     m_engine->addImport(file, {{"name", "mine"}});
                 }),
                 QStringLiteral("name: there is already an attack 'mine'. Choose another name."));

        writeScript(user(""), "sign", kBackStep + "\n");
        fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(2));
        m_engine->refreshAttacks();
        QVERIFY(attack()["warning"].get<std::string>().starts_with("It has changed since it was imported"));

        const std::string token = m_engine->removeImport("attack", "script:mine");
        QVERIFY(attack().is_null());
        QVERIFY(!fs::exists(work("attacks/mine.json")) && fs::exists(file));
        m_engine.reset();
        open();
        QVERIFY(attack().is_null());
        QCOMPARE(m_engine->restoreImport(token).name, std::string("script:mine"));
        QCOMPARE(text(attack()["title"]), text(Json("Signs")));
        fs::remove(file);
        m_engine->refreshAttacks();
        QCOMPARE(text(attack()["available"]), text(Json(false)));
        QCOMPARE(text(attack()["problem"]),
                 text(Json(file.string() + ": is gone. Put it back, or remove this entry.")));
        m_engine->removeImport("attack", "mine");
        QVERIFY(attack().is_null());
    }

    void removesScriptsThatLieInTheWorkspace()
    {
        writeScript(work("attacks"), "Lying", kSignStep);
        m_engine->refreshAttacks();
        QVERIFY(!entry(attacksJson(*m_engine), "script:lying").is_null());
        const std::string token = m_engine->removeImport("attack", "script:lying");
        QVERIFY(!fs::exists(work("attacks/Lying.pt")));
        QVERIFY(fs::exists(work("removed") / (token + ".pt")));
        QVERIFY(entry(attacksJson(*m_engine), "script:lying").is_null());
        QCOMPARE(m_engine->restoreImport(token).name, std::string("script:lying"));
        QVERIFY(!entry(attacksJson(*m_engine), "script:lying").is_null());

        const fs::path shared = fs::path(m_dir.path().toStdString()) / "assay/attacks";
        writeScript(shared, "shared", kSignStep);
        m_engine->refreshAttacks();
        QCOMPARE(text(entry(attacksJson(*m_engine), "script:shared")["own"]), text(Json(false)));
        QCOMPARE(sentence([&] { m_engine->removeImport("attack", "script:shared"); }),
                 QString::fromStdString((shared / "shared.pt").string() +
                                        ": the attack 'script:shared' lies in a folder that all workspaces "
                                        "share. Delete the file there."));
        fs::remove_all(shared);
        m_engine->refreshAttacks();
        QCOMPARE(
            sentence([&] { m_engine->removeImport("attack", "pgd"); }),
            QStringLiteral("the attack 'pgd' is built in or a plugin's and cannot be removed. Only what was "
                           "imported into this workspace can."));
        QVERIFY(sentence([&] {
                    m_engine->removeImport("attack", "script:lyin");
                }).startsWith("there is no attack 'script:lyin'."));
    }

    void takesPredictionsWithoutANetwork()
    {
        const fs::path file = writePredictions(user(""), "answers");
        m_engine->addImport(m_images, {{"name", "quarters"}});
        const auto added = m_engine->addImport(file, {{"dataset", "quarters"}});
        const Json listed = entry(modelsJson(*m_engine), added.name);
        QCOMPARE(text(listed["predictionsOnly"]), text(Json(true)));
        QVERIFY(std::abs(listed["accuracy"].get<double>() - 5.0 / 6.0) < 1e-12);
        const auto model = m_engine->inputs().model(added.name, torch::kCPU);
        QVERIFY(!model->hasNetwork());
        QCOMPARE(sentence([&] { model->requireNetwork("it is asked for images"); }),
                 QStringLiteral("answers: has predictions only and no network, but it is asked for images. "
                                "Import the network itself, or leave this model out."));
    }
};

QTEST_GUILESS_MAIN(TestImporter)
#include "tst_importer.moc"
