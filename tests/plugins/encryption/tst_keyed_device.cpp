#include "plugins/encryption/defense_study.h"
#include "plugins/encryption/proliferate_study.h"
#include "tests/counting_device/counting_device.h"
#include "tests/support/bench_context.h"
#include "tests/support/column_of.h"

#include <QTest>

#include <cmath>

using namespace assay;
using namespace assay::test;

/// The studies of keyed models on a device that is not the CPU.
class TestKeyedDevice : public QObject
{
    Q_OBJECT

    static Json keyedTiny(const Json& more)
    {
        Json params = {{"count", 20},  {"train_images", 100}, {"epochs", 1}, {"steps", 2},
                       {"guesses", 2}, {"query_images", 4},   {"queries", 4}};
        params.update(more);
        return params;
    }

    static void sameThere(engine::Study& study, const Json& params)
    {
        BenchContext here, there({}, countingDevice());
        study.run(here, params);
        const Transfers before = transfers();
        study.run(there, params);
        QVERIFY((transfers() - before).operators > 0);
        const auto& a = column(here.tables.at("accuracy"), "accuracy").numbers;
        const auto& b = column(there.tables.at("accuracy"), "accuracy").numbers;
        QCOMPARE(a.size(), b.size());
        // Sums are rounded in another order there: two images of 20 may tip over, of Square's 4 one.
        const auto& n = column(here.tables.at("accuracy"), "n").numbers;
        for (std::size_t i = 0; i < a.size(); ++i)
            QVERIFY2(std::abs(a[i] - b[i]) < (n[i] < 10 ? 1.5 : 2.5) / n[i], qPrintable(QString::number(i)));
    }

private Q_SLOTS:
    void keyDefense()
    {
        sameThere(*encryption::makeKeyDefenseStudy(), keyedTiny({{"keys", 2}, {"eps", {0.03}}}));
    }

    void proliferate()
    {
        sameThere(*encryption::makeProliferateStudy(),
                  keyedTiny({{"devices", 2}, {"methods", {"full"}}, {"ranks", Json::array()}}));
    }
};

QTEST_GUILESS_MAIN(TestKeyedDevice)
#include "tst_keyed_device.moc"
