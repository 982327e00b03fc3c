#include "plugins/encryption/explore_study.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"

#include <QTest>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

using namespace assay;
using namespace assay::test;

/// `encryption.explore` on Fashion-MNIST in random colours: the specification's pass conditions.
class TestExplore : public QObject
{
    Q_OBJECT

    BenchContext m_context;
    const std::unique_ptr<engine::Study> m_study = encryption::makeExploreStudy();

    double schemes(const std::string& scheme, const std::string& name) const
    {
        const protocol::Table& table = m_context.tables.at("schemes");
        const auto& names = column(table, "scheme").texts;
        const auto row = std::ranges::find(names, scheme) - names.begin();
        return column(table, name).numbers.at(static_cast<std::size_t>(row));
    }
    static double attack(const BenchContext& context, const std::string& name, const std::string& value)
    {
        const protocol::Table& table = context.tables.at("attacks");
        const auto& names = column(table, "attack").texts;
        const auto row = std::ranges::find(names, name) - names.begin();
        return column(table, value).numbers.at(static_cast<std::size_t>(row));
    }
    /// The answer to a change of live fields.
    BenchContext& previewOf(const Json& params)
    {
        m_context.metrics.clear();
        m_study->preview(m_context, params);
        return m_context;
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_study->run(m_context, {{"count", 100}, {"network", "emoji-cnn"}});
        for (const char* name : {"images", "attacked"})
            QVERIFY(m_context.grids.contains(name));
        QCOMPARE(column(m_context.tables.at("schemes"), "scheme").texts.size(), std::size_t(12));
    }

    /// Condition 1: to the bit.
    void everySchemeDecryptsExactly()
    {
        for (const double share : column(m_context.tables.at("schemes"), "lossless").numbers)
            QCOMPARE(share, 100.0);
        QCOMPARE(m_context.metrics.at("same.decrypted"), 1.0);
    }

    /// Condition 2: SSIM at most 0.12. EtC with blocks of 16 is left out: an image of 32 pixels has four of
    /// them.
    void nothingOfTheStructureIsSeen()
    {
        const protocol::Table& table = m_context.tables.at("schemes");
        const auto& names = column(table, "scheme").texts;
        for (const char* value : {"ssim", "wrong_key"}) {
            const auto& all = column(table, value).numbers;
            for (std::size_t i = 0; i < all.size(); ++i) {
                if (names[i] != "EtC, blocks of 16")
                    QVERIFY2(all[i] <= 0.12,
                             qPrintable(QString("%1 of %2: %3").arg(value, names[i].c_str()).arg(all[i])));
            }
        }
    }

    /// Condition 3: JPEG at quality 85, EtC (M = 8 or 16) < 1.25 < SHF < LE, PE and NP, which are alike.
    void onlyEtcCompresses()
    {
        const double shf =
            std::max(schemes("SHF, blocks of 4", "jpeg85"), schemes("SHF, blocks of 8", "jpeg85"));
        for (const char* etc : {"EtC, blocks of 8", "EtC, blocks of 16"})
            QVERIFY2(schemes(etc, "jpeg85") < 1.25, qPrintable(QString::number(schemes(etc, "jpeg85"))));
        QVERIFY(std::min(schemes("SHF, blocks of 4", "jpeg85"), schemes("SHF, blocks of 8", "jpeg85")) >
                1.25);
        for (const char* other : {"LE, blocks of 4", "PE", "NP, blocks of 8"})
            QVERIFY2(schemes(other, "jpeg85") > shf,
                     qPrintable(QString("%1: %2, SHF %3").arg(other).arg(schemes(other, "jpeg85")).arg(shf)));
    }

    /// Condition 4: feature reconstruction sees PE and NP, and nothing of what is moved.
    void foldingUndoesInversionsAlone()
    {
        for (const char* open : {"PE", "NP, blocks of 4", "NP, blocks of 8"}) {
            QVERIFY2(schemes(open, "fr") >= 0.4, qPrintable(QString::number(schemes(open, "fr"))));
            QVERIFY(schemes(open, "fr") >= 5 * schemes(open, "ssim"));
        }
        for (const char* closed :
             {"EtC, blocks of 4", "EtC, blocks of 8", "LE, blocks of 4", "SHF, blocks of 4"})
            QVERIFY2(schemes(closed, "fr") <= 0.15, qPrintable(QString::number(schemes(closed, "fr"))));
    }

    /// One shared key falls to chosen plaintexts, of every scheme; a key for every image does not.
    void oneKeyForAllFallsToChosenPlaintexts()
    {
        for (const double ssim : column(m_context.tables.at("schemes"), "chosen").numbers)
            QVERIFY(std::abs(ssim - 1) < 1e-9);
        QCOMPARE(schemes("PE", "queries"), 1.0);
        QCOMPARE(schemes("SHF, blocks of 4", "queries"),
                 5.0); // 6144 nibbles: four digits of base 16, and zeros
        const BenchContext& own = previewOf({{"scheme", "pe"}, {"channels", false}, {"own_keys", true}});
        QVERIFY(attack(own, "chosen plaintext", "ssim") < 0.12);
        // What needs no question does not mind.
        QVERIFY(attack(own, "FR basic", "ssim") >= 0.4);
        QVERIFY(attack(own, "FR advanced", "ssim") > 5 * own.metrics.at("ssim.encrypted"));
    }

    void stepsAndKeysAreLive()
    {
        const double full = previewOf(Json::object()).metrics.at("key_space");
        const double few = previewOf({{"permute", false}, {"channels", false}}).metrics.at("key_space");
        QCOMPARE(few, 64.0 * 4); // 8 isometries and an inversion of 64 blocks
        QVERIFY(full > few + 300);
        QVERIFY(previewOf({{"permute", false}, {"rotate", false}, {"negative", false}, {"channels", false}})
                    .metrics.at("ssim.encrypted") > 0.999999);
        const auto one = previewOf({{"key", 1}}).tables.at("key"),
                   two = previewOf({{"key", 2}}).tables.at("key");
        QVERIFY(column(one, "value").texts.at(0) != column(two, "value").texts.at(0)); // fingerprints
        for (const char* scheme : {"le", "ele", "pe", "shf", "np", "ffx"}) {
            const BenchContext& seen = previewOf({{"scheme", scheme}, {"block", 8}});
            QCOMPARE(seen.metrics.at("same.decrypted"), 1.0);
            QVERIFY2(seen.metrics.at("sensitivity") > 0.4, scheme);
        }
        // A block that does not divide 32 pixels.
        QCOMPARE(previewOf({{"scheme", "shf"}, {"block", 5}}).grids.at("images").width, 35u);
    }
};

QTEST_GUILESS_MAIN(TestExplore)
#include "study_explore.moc"
