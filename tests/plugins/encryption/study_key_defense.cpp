#include "plugins/encryption/defense_results.h"
#include "plugins/encryption/defense_study.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"
#include "tests/support/sentence_of.h"

#include <QTest>

#include <torch/types.h>

using namespace assay;
using namespace assay::encryption;
using namespace assay::test;

/// `encryption.key-defense` in small, on the zoo's ConvMixer.
class StudyKeyDefense : public QObject
{
    Q_OBJECT

    const std::unique_ptr<engine::Study> m_study = makeKeyDefenseStudy();
    BenchContext m_run;

    DefenseResults outcomes() const { return defenseResultsFrom(m_run.loadArtifact("outcomes")); }

    double under(const char* threat, const char* victim) const
    {
        const DefenseResults r = outcomes();
        return r.accuracy(r.attacked.at(r.threat(threat)).back(), r.victim(victim)).value;
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_study->run(m_run, {{"count", 150},
                             {"train_images", 4000},
                             {"epochs", 3},
                             {"keys", 3},
                             {"eps", {16. / 255}},
                             {"guesses", 3},
                             {"query_images", 20},
                             {"queries", 100}});
    }

    /// A key costs little, and a wrong one more.
    void aKeyKeepsAccuracyAndAWrongOneLosesIt()
    {
        const DefenseResults r = outcomes();
        const double plain = r.accuracy(r.clean, r.victim("plain")).value;
        for (std::size_t i = 0; i < r.members; ++i) {
            const double right = r.accuracy(r.clean, r.victim(r.networks[i + 1])).value;
            const double wrong = keyedRate(r.wrongKey[static_cast<std::int64_t>(i)] == r.y).value;
            QVERIFY2(right >= plain - 0.08, qPrintable(QString::number(right)));
            QVERIFY2(wrong <= right - 0.10, qPrintable(QString::number(wrong)));
        }
    }

    /// Whoever lacks the key gets less far than on the plain network; whoever has it gets as far.
    void theKeyIsAllThatProtects()
    {
        const double plain = under("A0-transfer", "plain");
        QVERIFY2(plain <= 0.15, qPrintable(QString::number(plain)));
        for (const char* threat : {"A0-transfer", "A2-wrong-key", "A3-guessed-keys"})
            QVERIFY2(under(threat, "keyed-1") >= plain + 0.2,
                     qPrintable(QString("%1 %2").arg(threat).arg(under(threat, "keyed-1"))));
        QVERIFY(under("A5-right-key", "keyed-1") <= plain + 0.05);
    }

    /// Randomised answers help against whoever has one member; the adaptive attack on all is stronger.
    void theAdaptiveAttackIsTheStronger()
    {
        const double one = under("A5-right-key", "random"), all = under("A6-all-members", "random");
        QVERIFY(one >= under("A5-right-key", "keyed-1") + 0.15);
        QVERIFY2(all < one - 0.05, qPrintable(QString("%1 %2").arg(all).arg(one)));
    }

    void tablesAreAsPromised()
    {
        const protocol::Table& t = m_run.tables.at("accuracy");
        std::vector<std::string> names;
        for (const protocol::Column& c : t.columns)
            names.push_back(c.name);
        QCOMPARE(names, (std::vector<std::string>{"model", "key", "attack", "n", "accuracy", "low", "high"}));
        for (const std::string& key : column(t, "key").texts)
            QVERIFY(key == "right" || key == "wrong" || key == "none");
        // Every attacker against every model, clean rows, a wrong and no key for each member, Square twice.
        QCOMPARE(t.rows(), std::size_t(7 * 7 + 7 + 2 * 3 + 2));
        QCOMPARE(m_run.tables.at("claims").rows(), std::size_t(7));
        QCOMPARE(m_run.tables.at("cross").rows(), std::size_t(9));
        QCOMPARE(m_run.tables.at("random").rows(), std::size_t(1 + 7));
        for (const char* name : {"accuracy-by-eps", "attacker-knows", "accuracy-by-attacker", "cross-key",
                                 "key-sensitivity", "loss-slices"})
            QVERIFY2(m_run.figures.contains(name), name);
        QCOMPARE(m_run.grids.at("examples").count(), std::size_t(48));
        QCOMPARE(m_run.grids.at("examples").variants.size(), std::size_t(4));
    }

    /// Fingerprints tell keys apart; what is stored holds weights and no key.
    void aKeyIsNotStored()
    {
        const auto& prints = column(m_run.tables.at("keys"), "fingerprint").texts;
        QCOMPARE(std::set<std::string>(prints.begin(), prints.end()).size(), std::size_t(3));
        const SecretKey key = SecretKey::forExperiment(0, "member 1");
        QCOMPARE(prints.front(), key.fingerprint());
        for (const auto& [name, tensor] : m_run.loadArtifact("keyed-1"))
            QVERIFY2(name.starts_with("embedding") || name.starts_with("fc"), name.c_str());
    }

    void previewsAnswer()
    {
        m_run.figures.clear();
        m_run.grids.clear();
        m_study->preview(m_run, {{"view_victim", "random"}, {"view_threat", "A6-all-members"}});
        QVERIFY(m_run.figures.at("accuracy-by-eps").title.starts_with("Random of 3"));
        QVERIFY(m_run.grids.at("examples").title.starts_with("A6"));
    }
};

QTEST_GUILESS_MAIN(StudyKeyDefense)
#include "study_key_defense.moc"
