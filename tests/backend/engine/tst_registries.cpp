#include "backend/engine/plugin.h"
#include "backend/protocol/error.h"
#include "tests/backend/engine/test_study.h"

#include <QTest>

using namespace assay;
using namespace assay::engine;

class TestRegistries : public QObject
{
    Q_OBJECT

    static std::unique_ptr<Study> study(const std::string& id)
    {
        return std::make_unique<TestStudy>(id, [](RunContext&) {});
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
    void keepsTheOrder()
    {
        Registries registries;
        registries.addStudy(study("b.second"));
        registries.addStudy(study("a.first-1"));
        QCOMPARE(registries.studies().size(), std::size_t(2));
        QCOMPARE(registries.studies()[0]->info().id, std::string("b.second"));
        QCOMPARE(registries.study("a.first-1").info().id, std::string("a.first-1"));
        QCOMPARE(registries.takeStudies().size(), std::size_t(2));
        QVERIFY(registries.studies().empty());
    }

    void refusesIds_data()
    {
        QTest::addColumn<QString>("id");
        for (const char* id : {"", "nodot", ".x", "x.", "A.b", "a.b c", "a.b.c", "a/b.c", "ä.b"})
            QTest::newRow(id) << QString::fromUtf8(id);
    }
    void refusesIds()
    {
        QFETCH(QString, id);
        Registries registries;
        QCOMPARE(sentence([&] { registries.addStudy(study(id.toStdString())); }),
                 "'" + id + "' is no study id. Write it as group.name, of a-z, 0-9 and '-'.");
        QVERIFY(registries.studies().empty());
    }

    void refusesTakenIds()
    {
        Registries registries;
        registries.addStudy(study("a.b"));
        QCOMPARE(sentence([&] { registries.addStudy(study("a.b")); }),
                 QStringLiteral("there is already a study 'a.b'. Give one of the two another id."));
    }

    void namesTheNearest()
    {
        Registries registries;
        QCOMPARE(sentence([&] { registries.study("a.b"); }),
                 QStringLiteral("there is no study 'a.b'; no plugin is loaded. "
                                "See 'assay-cli list plugins' for why."));
        registries.addStudy(study("transfer.class-aware"));
        registries.addStudy(study("calibration.dac"));
        QCOMPARE(
            sentence([&] { registries.study("transfer.clas-aware"); }),
            QStringLiteral("there is no study 'transfer.clas-aware'. Did you mean 'transfer.class-aware'?"));
    }
};

QTEST_GUILESS_MAIN(TestRegistries)
#include "tst_registries.moc"
