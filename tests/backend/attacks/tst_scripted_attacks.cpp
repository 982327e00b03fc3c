#include "backend/attacks/scripted/attack_card.h"
#include "backend/attacks/scripted/script_attack.h"
#include "backend/attacks/scripted/script_kind.h"
#include "backend/attacks/scripted/script_verdicts.h"
#include "backend/attacks/scripted/scripted_attacks.h"
#include "backend/models/predict.h"
#include "backend/protocol/error.h"
#include "linear_model.h"
#include "script_file.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <torch/types.h>

#include <algorithm>
#include <fstream>
#include <sstream>

using namespace assay;
using namespace assay::attacks;
using namespace assay::test;

namespace {

constexpr std::int64_t kScriptedImages = 70; // more than a chunk
constexpr std::int64_t kScriptedSide = 16;
/// Rounding on the edge of a float32 ball.
constexpr double kRounding = 1e-6;

double largest(const torch::Tensor& a, const torch::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

std::filesystem::path pathOf(const QTemporaryDir& folder, const char* name)
{
    return folder.filePath(name).toStdString();
}

std::string textOf(const std::filesystem::path& file)
{
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

void writeText(const std::filesystem::path& file, const std::string& text)
{
    std::ofstream(file) << text;
}

/// Replaces every @p from.
std::string replaced(std::string text, const std::string& from, const std::string& to)
{
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

QString runPython(const QStringList& arguments)
{
    QProcess python;
    python.setProcessChannelMode(QProcess::MergedChannels);
    python.start("/usr/bin/python3", arguments);
    if (!python.waitForStarted() || !python.waitForFinished(240000) || python.exitCode() != 0)
        return arguments.join(' ') + ": " + python.errorString() + python.readAll();
    return {};
}

} // namespace

/// Attacks as TorchScript: that they are the attacks they say they are, and that what is no attack is said to
/// be none.
class TestScriptedAttacks : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::shared_ptr<const models::Model> m_model;
    torch::Tensor m_x, m_y;

    std::filesystem::path file(const QString& name) const
    {
        return m_dir.filePath(name + ".pt").toStdString();
    }
    std::unique_ptr<const Attack> scripted(const QString& name, const Json& parameters = Json::object()) const
    {
        const AttackEntry entry = openScriptAttack(file(name)).entry;
        return entry.make(protocol::validated(entry.info.parameters, parameters));
    }
    AttackResult run(const Attack& attack, const Budget& budget, const Context& context = {}) const
    {
        return attack.run(*m_model, m_x, m_y, budget, context);
    }

private Q_SLOTS:
    void initTestCase()
    {
        const QString source = ASSAY_TEST_SOURCE_DIR;
        for (const char* example : {"mi_fgsm", "di_mi_fgsm"}) {
            const QString program = source + "/plugins/examples/scripted/" + example + ".py";
            QCOMPARE(runPython({program, m_dir.path()}), QString());
        }
        const QString program = source + "/tests/backend/attacks/make_script_attacks.py";
        QCOMPARE(runPython({program, m_dir.path()}), QString());
        m_model = seededModel("small_cnn", 31, kScriptedSide);
        m_x = someImages(kScriptedImages, kScriptedSide);
        m_y = models::predict(*m_model, m_x);
    }

    void describesItself()
    {
        const AttackInfo info = openScriptAttack(file("mi_fgsm")).entry.info;
        QCOMPARE(info.id, std::string("script:mi_fgsm"));
        QCOMPARE(info.title, std::string("MI-FGSM (scripted)"));
        QCOMPARE(info.reference, std::string("Dong et al. 2018, arXiv 1710.06081"));
        QVERIFY(info.norms == std::vector<Norm>{Norm::Linf});
        QVERIFY(info.gradient && info.targeted);
        QCOMPARE(info.parameters.fields.size(), std::size_t(2)); // the loss, and its own
        const protocol::Field* decay = info.parameters.find("decay");
        QVERIFY(decay && decay->type == protocol::FieldType::Real);
        QCOMPARE(decay->defaultValue.get<double>(), 1.0);
    }

    void equalsTheBuiltIn_data()
    {
        QTest::addColumn<double>("decay");
        QTest::addColumn<bool>("stops");
        QTest::addColumn<bool>("targeted");
        QTest::addColumn<QString>("loss");
        QTest::newRow("plain") << 1.0 << false << false << "ce";
        QTest::newRow("decay 0.5") << 0.5 << false << false << "ce";
        QTest::newRow("stops when fooled") << 1.0 << true << false << "ce";
        QTest::newRow("targeted") << 1.0 << false << true << "ce";
        QTest::newRow("margin") << 1.0 << true << true << "margin";
    }
    void equalsTheBuiltIn()
    {
        QFETCH(double, decay);
        QFETCH(bool, stops);
        QFETCH(bool, targeted);
        QFETCH(QString, loss);
        const Budget budget{.eps = 0.06, .steps = 10};
        Context context{.seed = 5, .stopWhenFooled = stops};
        if (targeted)
            context.target = (m_y + 1).remainder(5);
        const std::string of = loss.toStdString();
        const auto builtIn =
            run(*attacks::attacks().make("mi-fgsm", {{"momentum", decay}, {"loss", of}}), budget, context);
        const auto script = run(*scripted("mi_fgsm", {{"decay", decay}, {"loss", of}}), budget, context);
        QVERIFY(largest(builtIn.adversarial, m_x) > 0.005);
        QVERIFY(largest(builtIn.adversarial, script.adversarial) <= 1e-6);
        QVERIFY(torch::equal(builtIn.success, script.success));
        QCOMPARE(script.gradientImages, builtIn.gradientImages);
    }

    void transformFollowsTheSeedAlone()
    {
        const auto attack = scripted("di_mi_fgsm", {{"probability", 1.0}});
        const Budget budget{.eps = 0.06, .steps = 5};
        const torch::Tensor first = run(*attack, budget, {.seed = 1}).adversarial;
        QVERIFY(torch::equal(first, run(*attack, budget, {.seed = 1}).adversarial));
        QVERIFY(largest(first, run(*attack, budget, {.seed = 2}).adversarial) > 0.01);
        const auto never = scripted("di_mi_fgsm", {{"probability", 0.0}});
        QVERIFY(largest(run(*never, budget, {.seed = 1}).adversarial,
                        run(*scripted("mi_fgsm"), budget).adversarial) <= 1e-6);
        // In two parts as in one.
        const auto part = [&](std::int64_t from, std::int64_t n) {
            return attack
                ->run(*m_model, m_x.narrow(0, from, n), m_y.narrow(0, from, n), budget,
                      {.seed = 1, .samples = torch::arange(from, from + n)})
                .adversarial;
        };
        QVERIFY(largest(first, torch::cat({part(0, 50), part(50, kScriptedImages - 50)})) <= 1e-6);
    }

    void takesArgumentsWithoutAnnotation()
    {
        // On a linear model the gradient never changes: the steps 0.01 / (i + 1) add up.
        const auto model = linearModel({{1, -1, 2, -2}, {0, 0, 0, 0}}, {1, 0});
        const torch::Tensor x = torch::full({1, 1, 2, 2}, 0.5F), y = torch::zeros({1}, torch::kInt64);
        const auto result = scripted("Bare")->run(*model, x, y, {.eps = 0.1, .steps = 3});
        const torch::Tensor moved = (result.adversarial - x).abs();
        QVERIFY(largest(moved, torch::full_like(x, 0.01 * (1 + 1 / 2. + 1 / 3.))) < kRounding);
    }

    void offersTheBudgetByName()
    {
        const auto model = linearModel({{1, -1, 2, -2}, {0, 0, 0, 0}}, {1, 0});
        const torch::Tensor x = torch::full({1, 1, 2, 2}, 0.5F), y = torch::zeros({1}, torch::kInt64);
        const torch::Tensor sign = torch::tensor({-1.F, 1.F, -1.F, 1.F}).view({1, 1, 2, 2});
        const Budget budget{.eps = 0.08, .steps = 4, .stepSize = 0.01};
        // Two of four steps of 0.5 (0.01 + 0.08 / 4).
        const auto moved = scripted("Named", {{"gain", 0.5}, {"every", 2}})->run(*model, x, y, budget);
        QVERIFY(largest(moved.adversarial - x, 0.03 * sign) < kRounding);
        const auto back = scripted("Named", {{"gain", 0.5}, {"every", 2}, {"forward", false}});
        QVERIFY(largest(back->run(*model, x, y, budget).adversarial - x, -0.03 * sign) < kRounding);
        Budget l2 = budget;
        l2.norm = Norm::L2;
        const auto round = scripted("Named", {{"every", 4}})->run(*model, x, y, l2);
        QVERIFY(std::abs((round.adversarial - x).norm().item<double>() - 0.03) < kRounding);
        Budget l1 = budget;
        l1.norm = Norm::L1;
        try {
            scripted("Named")->resolved(l1);
            QFAIL("accepted a norm that the script does not name");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).starts_with("script:named: "));
        }
    }

    void staysInBallAndBoxWhereverTheScriptGoes()
    {
        const auto attack = scripted("Far");
        for (const Norm norm : {Norm::Linf, Norm::L2, Norm::L1}) {
            const double eps = norm == Norm::Linf ? 0.05 : norm == Norm::L2 ? 0.7 : 4;
            const torch::Tensor adversarial =
                run(*attack, {.norm = norm, .eps = eps, .steps = 3}).adversarial;
            const torch::Tensor delta = (adversarial - m_x).flatten(1);
            const torch::Tensor size = norm == Norm::Linf ? delta.abs().amax(1)
                                       : norm == Norm::L2 ? delta.norm(2, 1)
                                                          : delta.abs().sum(1);
            QVERIFY(size.max().item<double>() <= eps + 1e-5);
            QVERIFY(size.min().item<double>() > 0);
            QVERIFY(adversarial.min().item<double>() >= 0 && adversarial.max().item<double>() <= 1);
        }
    }

    void cannotSpoilWhatItIsGiven()
    {
        const torch::Tensor before = m_x.clone();
        const torch::Tensor adversarial = run(*scripted("Writes"), {.eps = 0.05, .steps = 3}).adversarial;
        QVERIFY(torch::equal(m_x, before));
        QVERIFY(largest(adversarial, m_x) <= 0.05 + kRounding);
        QVERIFY(largest(adversarial, m_x) > 0.02);
    }

    void warnsOfBatches()
    {
        const ScriptAttack attack = openScriptAttack(file("Mixes"));
        QCOMPARE(attack.warning,
                 std::string("An image's result depends on the others in its batch: means and "
                             "norms are not taken per image."));
        QVERIFY(attack.entry.info.summary.ends_with(attack.warning));
        QCOMPARE(openScriptAttack(file("di_mi_fgsm")).warning, std::string());
    }

    void refuses_data()
    {
        QTest::addColumn<QString>("sentence");
        QTest::newRow("NoStep")
            << "the script has no method 'step', so it is no attack. Write step(self, x_adv, x, "
               "grad, momentum, i) and mark it with @torch.jit.export.";
        QTest::newRow("FewArguments") << "its step takes 3 arguments instead of x_adv, x, grad, momentum, i. "
                                         "Write step(self, x_adv, x, "
                                         "grad, momentum, i).";
        QTest::newRow("WrongType")
            << "the argument 'i' of its step is a str instead of a int. Annotate it as int.";
        QTest::newRow("NoDefault")
            << "the argument 'decay' of its step has no default value. Give it one: it "
               "then becomes a parameter of the attack.";
        QTest::newRow("OneValue") << "step returned 1 values instead of two. Return (x_adv, momentum).";
        QTest::newRow("WrongShape")
            << "step returned a tensor of type Float and shape [3, 784] instead of a tensor of type Float "
               "and "
               "shape [3, 1, 28, 28]. Return images of the shape and type that it was given.";
        QTest::newRow("WrongMomentum")
            << "step returned a tensor of type Float and shape [] as momentum, which must have one row per "
               "image. Return (x_adv, momentum).";
        QTest::newRow("NotFinite")
            << "step gave numbers that are not finite. Guard divisions and logarithms, as "
               "in g / (g.abs().mean(...) + 1e-12).";
        QTest::newRow("Endless") << "'step' failed: the script did not answer within 2 seconds; its script "
                                    "may loop for ever. Export "
                                    "the script without loops that depend on its values.";
        QTest::newRow("Random")
            << "'step' draws random numbers of its own (aten::rand_like), so that nobody "
               "could repeat its results. Make them from the seed that transform is given.";
        QTest::newRow("RandomInPlace")
            << "'step' draws random numbers of its own (aten::uniform_), so that nobody could repeat its "
               "results. Make them from the seed that transform is given.";
        QTest::newRow("Reads")
            << "the script uses the operator 'aten::from_file', which is not let through from "
               "a file (it does not compute, or gives no gradients). Export the script "
               "without it.";
        QTest::newRow("Remembers") << "the script changes its own attribute 'last' while it runs, so that an "
                                      "image's answer depends on "
                                      "those before it. Write a script whose methods change nothing.";
        QTest::newRow("NoGradient")
            << "transform gives images without a gradient in those it was given. Compute them from x with "
               "operations that have gradients.";
        QTest::newRow("Shrinks")
            << "transform returned a tensor of type Float and shape [3, 1, 27, 27] instead of a tensor of "
               "type "
               "Float and shape [3, 1, 28, 28]. Return images of the shape and type that it was given.";
        QTest::newRow("BadNorm") << "its 'norms' names 'l3'. The norms are linf, l2 and l1.";
        QTest::newRow("Text") << "is no TorchScript file. Save the attack again with "
                                 "torch.jit.script(attack).save(file).";
    }
    void refuses()
    {
        QFETCH(QString, sentence);
        const QString name = QTest::currentDataTag();
        if (name == "Text") {
            QFile text(QString::fromStdString(file(name).string()));
            QVERIFY(text.open(QIODevice::WriteOnly));
            text.write("def step(x_adv, x, grad, momentum, i): ...\n");
        }
        QElapsedTimer timer;
        timer.start();
        try {
            openScriptAttack(file(name));
            QFAIL("accepted it");
        } catch (const Error& error) {
            QCOMPARE(QString(error.what()), QString::fromStdString(file(name).string()) + ": " + sentence);
        }
        QVERIFY(timer.elapsed() < 20000);
    }

    void foldersAreOpenedAndClosed()
    {
        QTemporaryDir workspace, user;
        const auto copy = [&](const QString& from, const QTemporaryDir& to, const QString& name) {
            return QFile::copy(QString::fromStdString(file(from).string()), to.filePath(name));
        };
        QVERIFY(copy("mi_fgsm", workspace, "My Attack.pt"));
        QVERIFY(copy("NoDefault", workspace, "broken.pt"));
        QVERIFY(copy("Bare", workspace, "notes.txt"));
        QVERIFY(copy("Bare", user, "my-attack.pt"));
        QVERIFY(copy("Bare", user, "other.pt"));
        AttackRegistry registry;
        {
            ScriptedAttacks opened(registry,
                                   {workspace.path().toStdString(), "/nowhere", user.path().toStdString()});
            std::vector<std::string> ids;
            for (const AttackInfo& info : registry.list())
                ids.push_back(info.id);
            QVERIFY((ids == std::vector<std::string>{"script:my-attack", "script:other"}));
            QCOMPARE(registry.info("script:my-attack").title, std::string("MI-FGSM (scripted)"));
            QVERIFY(registry.make("script:my-attack", {{"decay", 0.9}}));
            const std::vector<ScriptRecord> records = opened.records();
            QCOMPARE(records.size(), std::size_t(4));
            const ScriptRecord& broken = records[1];
            QVERIFY(broken.id.empty() && broken.problem.find("has no default value") != std::string::npos);
            const ScriptRecord& twice = records[2];
            QCOMPARE(QString::fromStdString(twice.problem),
                     user.filePath("my-attack.pt") +
                         ": there is an attack 'script:my-attack' already. Choose another name.");
            QVERIFY(twice.id.empty());

            // An attack made before stays good when its file is mended, replaced or closed.
            const auto before = registry.make("script:other");
            QVERIFY(copy("di_mi_fgsm", workspace, "mended.pt"));
            QVERIFY(QFile::remove(workspace.filePath("broken.pt")));
            QVERIFY(QFile::rename(workspace.filePath("mended.pt"), workspace.filePath("broken.pt")));
            QCOMPARE(opened.open(broken.file).id, std::string("script:broken"));
            QCOMPARE(opened.records().size(), std::size_t(4));
            opened.close(user.filePath("other.pt").toStdString());
            QVERIFY((std::vector<std::string>{registry.list().front().id, registry.list().back().id} ==
                     std::vector<std::string>{"script:my-attack", "script:broken"}));
            QVERIFY(run(*before, {.eps = 0.05, .steps = 1}).adversarial.defined());
        }
        QVERIFY(registry.list().empty());
    }

    void followsItsFolder()
    {
        QTemporaryDir folder, outside;
        AttackRegistry registry;
        ScriptedAttacks opened(registry, {folder.path().toStdString()});
        QVERIFY(!opened.refresh());
        const auto script = writeScript(folder.path().toStdString(), "mine", kSignStep);
        QVERIFY(opened.refresh());
        QVERIFY(!opened.refresh());
        const std::string first = registry.info("script:mine").sha256;
        QCOMPARE(first.size(), std::size_t(64));
        QCOMPARE(first, opened.records().at(0).sha256);

        writeScript(folder.path().toStdString(), "mine", kBackStep + "\n");
        std::filesystem::last_write_time(script,
                                         std::filesystem::last_write_time(script) + std::chrono::seconds(2));
        QVERIFY(opened.refresh());
        QVERIFY(registry.info("script:mine").sha256 != first);
        writeScript(folder.path().toStdString(), "mine", kUnsoundStep);
        QVERIFY(opened.refresh());
        QVERIFY(registry.list().empty());
        QVERIFY(opened.records().at(0).problem.find("has no default value") != std::string::npos);

        // The name of one that goes is free for one that came too late.
        writeScript(folder.path().toStdString(), "mine", kSignStep);
        const auto elsewhere = writeScript(outside.path().toStdString(), "other", kBackStep);
        writeText(pathOf(folder, "second.json"),
                  toJson(AttackCard{.name = "mine", .title = {}, .file = elsewhere, .sha256 = {}}).dump());
        QVERIFY(opened.refresh());
        QCOMPARE(opened.records().size(), std::size_t(2));
        QVERIFY(opened.records().at(1).problem.ends_with(
            "there is an attack 'script:mine' already. Choose another name."));
        std::filesystem::remove(script);
        QVERIFY(opened.refresh());
        QCOMPARE(opened.records().size(), std::size_t(1));
        QCOMPARE(opened.records().at(0).id, std::string("script:mine"));
    }

    void opensCards()
    {
        QTemporaryDir folder, outside;
        const auto script = writeScript(outside.path().toStdString(), "Sign", kSignStep);
        AttackRegistry registry;
        ScriptedAttacks opened(registry, {folder.path().toStdString()});
        AttackCard card{.name = "mine",
                        .title = "Mine",
                        .file = script,
                        .sha256 = opened.inspect(script).entry.info.sha256};
        writeText(pathOf(folder, "mine.json"), toJson(card).dump());
        QVERIFY(opened.refresh());
        const ScriptRecord record = opened.records().at(0);
        QCOMPARE(record.id, std::string("script:mine"));
        QCOMPARE(record.file, script);
        QVERIFY(record.isImported() && record.warning.empty() && record.problem.empty());
        QCOMPARE(registry.info("script:mine").title, std::string("Mine"));

        // Edited: it is used as it is now, and a sentence says so.
        writeScript(outside.path().toStdString(), "Sign", kBackStep + "\n\n");
        std::filesystem::last_write_time(script,
                                         std::filesystem::last_write_time(script) + std::chrono::seconds(2));
        QVERIFY(opened.refresh());
        QCOMPARE(
            opened.records().at(0).warning,
            std::string("It has changed since it was imported, and is used as it is now. Put the old file "
                        "back, or import it anew."));
        QVERIFY(registry.info("script:mine").sha256 != card.sha256);
        std::filesystem::remove(script);
        QVERIFY(opened.refresh());
        QCOMPARE(opened.records().at(0).problem,
                 script.string() + ": is gone. Put it back, or remove this entry.");
        QVERIFY(registry.list().empty());
        writeText(pathOf(folder, "mine.json"), "[]");
        QVERIFY(opened.refresh());
        QCOMPARE(opened.records().at(0).problem,
                 pathOf(folder, "mine.json").string() + ": the attack's card must be a JSON object.");
    }

    void keepsVerdicts()
    {
        QTemporaryDir folder, cache;
        const auto verdicts = pathOf(cache, "deep/verdicts.json");
        QVERIFY(QFile::copy(QString::fromStdString(file("Endless").string()), folder.filePath("endless.pt")));
        QVERIFY(QFile::copy(QString::fromStdString(file("Mixes").string()), folder.filePath("mixes.pt")));
        AttackRegistry registry;
        const auto records = [&] {
            return ScriptedAttacks(registry, {folder.path().toStdString()}, verdicts).records();
        };
        QElapsedTimer timer;
        timer.start();
        const auto first = records();
        QVERIFY(timer.elapsed() >= 2000); // a call that hangs is waited for once
        QVERIFY(first.at(0).problem.find("did not answer within 2 seconds") != std::string::npos);
        QVERIFY(first.at(1).warning.starts_with("An image's result depends"));
        timer.restart();
        const auto second = records();
        QVERIFY2(timer.elapsed() < 1000, qPrintable(QString::number(timer.elapsed())));
        for (std::size_t i = 0; i < 2; ++i) {
            QCOMPARE(second.at(i).problem, first.at(i).problem);
            QCOMPARE(second.at(i).warning, first.at(i).warning);
            QCOMPARE(second.at(i).id, first.at(i).id);
        }
        // Nothing is left beside the file, which stays as it is when there is nothing new.
        QCOMPARE(QDir(cache.filePath("deep")).entryList(QDir::Files | QDir::Hidden),
                 QStringList{"verdicts.json"});
        const std::string kept = textOf(verdicts);
        records();
        QCOMPARE(textOf(verdicts), kept);
    }

    void verdictsAreOfOneFileInterfaceAndLibrary()
    {
        QTemporaryDir folder;
        const auto verdicts = pathOf(folder, "verdicts.json");
        const auto script = writeScript(folder.path().toStdString(), "mine", kSignStep);
        AttackRegistry registry;
        const auto problem = [&] {
            ScriptedAttacks opened(registry, {}, verdicts);
            return opened.open(script).problem;
        };
        QCOMPARE(problem(), std::string());
        // A verdict that is not true shows whether it is believed.
        const std::string honest = textOf(verdicts);
        const std::string lie = replaced(honest, "\"problem\": \"\"", "\"problem\": \"is odd\"");
        QVERIFY(lie != honest);
        writeText(verdicts, lie);
        QCOMPARE(problem(), script.string() + ": is odd.");
        writeText(verdicts, replaced(lie, "interface 1", "interface 0"));
        QCOMPARE(problem(), std::string());
        writeText(verdicts, replaced(lie, "libtorch ", "libtorch 0."));
        QCOMPARE(problem(), std::string());
        // Another file, however alike, is another script.
        writeText(verdicts, lie);
        writeScript(folder.path().toStdString(), "mine", kSignStep + "\n" + kForward);
        QCOMPARE(problem(), std::string());
        writeScript(folder.path().toStdString(), "mine", kSignStep);
        // Who inspects tries it, and what comes out stands from then on.
        {
            writeText(verdicts, lie);
            ScriptedAttacks opened(registry, {}, verdicts);
            QVERIFY(!opened.open(script).problem.empty());
            QCOMPARE(opened.inspect(script).entry.info.id, std::string("script:mine"));
        }
        QCOMPARE(problem(), std::string());
        // Damage costs nothing but the time to try again, and is mended.
        for (const std::string& damage :
             {std::string(), lie.substr(0, lie.size() / 2), std::string("[1]"),
              std::string("{\"verdicts\": 3}"), replaced(lie, "\"is odd\"", "7"), std::string("\0\xff", 2)}) {
            writeText(verdicts, damage);
            QCOMPARE(problem(), std::string());
            QVERIFY(textOf(verdicts).find("\"problem\": \"\"") != std::string::npos);
        }
        // Where nothing can be kept, everything is tried.
        ScriptedAttacks homeless(registry, {}, "/proc/assay/verdicts.json");
        QCOMPARE(homeless.open(script).problem, std::string());
    }

    void tellsNetworksFromAttacks()
    {
        const auto kind = [&](const std::string& methods) {
            return scriptKind(writeScript(m_dir.path().toStdString(), "kind", methods));
        };
        QVERIFY(kind(kSignStep) == ScriptKind::Attack);
        QVERIFY(kind(kForward) == ScriptKind::Network);
        QVERIFY(kind(kForward + kSignStep) == ScriptKind::Both);
        QVERIFY(kind("def other(self, x):\n    return x\n") == ScriptKind::Neither);
        QVERIFY(scriptKind(file("di_mi_fgsm")) == ScriptKind::Attack);
        // A part that has a step makes no attack.
        torch::jit::Module part("__torch__.Part"), whole("__torch__.Whole");
        part.define(kSignStep);
        whole.register_module("part", part);
        whole.define(kForward);
        whole.save(m_dir.filePath("whole.pt").toStdString());
        QVERIFY(scriptKind(file("whole")) == ScriptKind::Network);
    }
};

QTEST_GUILESS_MAIN(TestScriptedAttacks)
#include "tst_scripted_attacks.moc"
