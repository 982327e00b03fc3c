#include "backend/engine/trained_network.h"
#include "backend/models/model_file.h"
#include "plugins/encryption/keyed_tuning.h"
#include "plugins/encryption/proliferate_export.h"
#include "plugins/encryption/proliferate_results.h"
#include "plugins/encryption/proliferate_study.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"

#include <QTemporaryDir>
#include <QTest>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>
#include <torch/utils.h>

using namespace assay;
using namespace assay::encryption;
using namespace assay::test;

/// `encryption.proliferate` in small, on the zoo's ConvMixer.
class StudyProliferate : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_study = makeProliferateStudy();
    BenchContext m_run;

    double methodCell(const std::string& method, const char* name) const
    {
        const protocol::Table& t = m_run.tables.at("methods");
        const auto& names = column(t, "method").texts;
        const auto at = std::ranges::find(names, method);
        if (at == names.end())
            throw std::runtime_error("no row " + method);
        return column(t, name).numbers.at(static_cast<std::size_t>(at - names.begin()));
    }

    /// Of table `claims`: whether the claim that begins so was found to hold.
    std::string claim(const std::string& beginning) const
    {
        const protocol::Table& t = m_run.tables.at("claims");
        for (std::size_t i = 0; i < t.rows(); ++i)
            if (column(t, "claim").texts[i].starts_with(beginning))
                return column(t, "holds").texts[i];
        return "not there";
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_study->run(m_run, {{"count", 150},
                             {"train_images", 4000},
                             {"epochs", 3},
                             {"devices", 3},
                             {"methods", {"head"}},
                             {"ranks", Json::array()},
                             {"guesses", 2},
                             {"query_images", 0}});
    }

    /// What is trained around the key pays; a head alone cannot read shuffled blocks.
    void smallDeltasCarryTheKey()
    {
        const double lora = methodCell("lora-r8", "accuracy"), head = methodCell("head", "accuracy");
        QVERIFY2(lora >= m_run.metrics.at("accuracy.base") - 0.12, qPrintable(QString::number(lora)));
        QVERIFY2(head <= lora - 0.04, qPrintable(QString::number(head)));
        QVERIFY(methodCell("lora-r8", "share") < 0.35);
        QVERIFY(methodCell("head", "trained") < methodCell("lora-r8", "trained"));
    }

    void devicesDoNotShareTheirWeaknesses()
    {
        QCOMPARE(m_run.tables.at("transfer").rows(), std::size_t(9));
        QVERIFY2(m_run.metrics.at("diversity") >= 0.2,
                 qPrintable(QString::number(m_run.metrics.at("diversity"))));
        double gap = 0; // between the right key and a wrong one
        for (const std::string& name : column(m_run.tables.at("transfer"), "made_on").texts)
            gap += (m_run.metrics.at("accuracy." + name) - m_run.metrics.at("wrong_key." + name)) / 9;
        QVERIFY2(gap >= 0.1, qPrintable(QString::number(gap)));
    }

    /// A key moved into the first layer is the base again, and every device of that kind breaks together.
    void permutedStemsAreAWarning() { QCOMPARE(claim("A key-permuted first layer"), std::string("yes")); }

    void aDeltaIsADevice()
    {
        QCOMPARE(claim("The base and the stored delta"), std::string("yes"));
        const engine::TensorMap stored = m_run.loadArtifact("device-1");
        const torch::Tensor meta = stored.at("meta");
        const Json told =
            Json::parse(std::string(reinterpret_cast<const char*>(meta.data_ptr<std::uint8_t>()),
                                    static_cast<std::size_t>(meta.numel())));
        const auto base = m_run.model({"fashion-convmixer"});
        QCOMPARE(told.at("base_sha256").get<std::string>(),
                 engine::weightsHash(engine::weightsOf(*base->cloneNetwork())));
        QCOMPARE(told.at("key_fingerprint").get<std::string>(),
                 SecretKey::forExperiment(0, "device-1").fingerprint());
        QCOMPARE(told.at("method").get<std::string>(), std::string("lora"));
        // Keys are apart, and so are the random halves of the updates.
        const auto& prints = column(m_run.tables.at("fleet"), "fingerprint").texts;
        QCOMPARE(std::set<std::string>(prints.begin(), prints.end()).size(), std::size_t(4)); // one renewed
        QVERIFY(!stored.at("block1.pointwise.lora_a")
                     .equal(m_run.loadArtifact("device-2").at("block1.pointwise.lora_a")));
    }

    /// A file that leaves the house answers what base and delta answer here, and 8 bits cost it little.
    void devicesLeaveTheHouse()
    {
        const protocol::Table& t = m_run.tables.at("exports");
        QCOMPARE(t.rows(), std::size_t(3 * 2));
        const auto cell = [&](const char* name, std::size_t row) { return column(t, name).numbers.at(row); };
        const QTemporaryDir folder;
        const auto base = m_run.model({"fashion-convmixer"});
        const torch::Tensor x =
            torch::rand({5, 1, 28, 28}, at::detail::createCPUGenerator(8), torch::kFloat32);
        const torch::NoGradGuard off;
        for (std::size_t row = 0; row < t.rows(); row += 2) {
            const std::string device = column(t, "device").texts[row];
            const engine::TensorMap stored = m_run.loadArtifact(device);
            models::NamedTensors delta;
            for (const auto& [name, tensor] : stored)
                if (name != "meta")
                    delta.emplace_back(name, tensor);
            const torch::Tensor expected = withDelta(*base->cloneNetwork(), delta)->forward(x);
            const auto back = [&](const std::string& file) {
                const std::string& bytes = m_run.files.at(file);
                return readScript({.bytes = bytes}, base->card().input,
                                  folder.filePath("back.pt").toStdString());
            };
            QVERIFY((back(device + ".pt")->forward(x) - expected).abs().max().item<double>() < 1e-4);
            const double rounded =
                (back(device + "-int8.pt")->forward(x) - expected).abs().max().item<double>();
            QVERIFY(rounded > 1e-4 && rounded < 0.5 * expected.abs().max().item<double>());
            QVERIFY(std::abs(cell("accuracy", row) - m_run.metrics.at("accuracy." + device)) < 0.01);
            QVERIFY(cell("difference", row) < 1e-4);
            QVERIFY(cell("accuracy", row + 1) >= cell("accuracy", row) - 0.03);
            QVERIFY(cell("same", row + 1) >= 0.95);
            QVERIFY(cell("bytes", row + 1) < 0.6 * cell("bytes", row));
            QCOMPARE(static_cast<std::size_t>(cell("bytes", row)), m_run.files.at(device + ".pt").size());
        }
    }

    void whatWasStolenDoesNotOpenTheNext()
    {
        QCOMPARE(claim("Examples of a stolen device"), std::string("yes"));
        const auto& left = column(m_run.tables.at("stolen"), "accuracy").numbers;
        QCOMPARE(left.size(), std::size_t(2)); // one, and both others
        QVERIFY2(left.back() < left.front(), qPrintable(QString("%1 %2").arg(left.back()).arg(left.front())));
    }

    void tablesAreAsPromised()
    {
        const protocol::Table& t = m_run.tables.at("accuracy");
        std::vector<std::string> names;
        for (const protocol::Column& c : t.columns)
            names.push_back(c.name);
        QCOMPARE(names, (std::vector<std::string>{"model", "key", "attack", "n", "accuracy", "low", "high"}));
        QCOMPARE(m_run.tables.at("pairs").rows(), std::size_t(1));
        for (const char* name : {"methods", "method-bars", "transfer", "threats", "stolen", "permuted-stem"})
            QVERIFY2(m_run.figures.contains(name), name);
    }

    void previewsAnswer()
    {
        m_run.grids.clear();
        m_study->preview(m_run, {{"view_from", "device-3"}, {"view_to", "device-1"}});
        QCOMPARE(m_run.grids.at("examples").title, std::string("Made on device-3, asked of device-1"));
        m_study->preview(m_run, {{"view_from", "base"}, {"view_to", "device-2"}});
        QCOMPARE(m_run.grids.at("examples").title, std::string("Made on base, asked of device-2"));
    }
};

QTEST_GUILESS_MAIN(StudyProliferate)
#include "study_proliferate.moc"
