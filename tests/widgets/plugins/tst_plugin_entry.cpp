#include "widgets/plugins/plugin_entry.h"

#include <QTest>

using namespace assay;
using widgets::PluginEntry;
using widgets::readPlugins;

class TestPluginEntry : public QObject
{
    Q_OBJECT

    static PluginEntry entry(const char* state, bool loaded)
    {
        const auto all =
            readPlugins({{"plugins", {{{"file", "/p/a.so"}, {"state", state}, {"loaded", loaded}}}}});
        return all.isEmpty() ? PluginEntry() : all.first();
    }

private Q_SLOTS:
    void saysWhatIsAndWhatWillBe_data()
    {
        QTest::addColumn<QString>("state");
        QTest::addColumn<bool>("loaded");
        QTest::addColumn<QString>("badge");
        QTest::addColumn<QString>("tone");
        QTest::newRow("loaded") << "active" << true << "loaded"
                                << "good";
        QTest::newRow("ready") << "active" << false << "after restart"
                               << "accent";
        QTest::newRow("off") << "disabled" << false << "off"
                             << "";
        QTest::newRow("going") << "disabled" << true << "off after restart"
                               << "accent";
        QTest::newRow("stranger") << "not-allowed" << false << "not allowed"
                                  << "warning";
        QTest::newRow("crashed") << "quarantined" << false << "set aside"
                                 << "bad";
        QTest::newRow("failed") << "failed" << false << "failed"
                                << "bad";
    }
    void saysWhatIsAndWhatWillBe()
    {
        QFETCH(QString, state);
        QFETCH(bool, loaded);
        const PluginEntry plugin = entry(qPrintable(state), loaded);
        QTEST(plugin.badge(), "badge");
        QTEST(plugin.tone(), "tone");
        QVERIFY(plugin.status().endsWith('.'));
        QCOMPARE(plugin.card().id, QString("/p/a.so"));
        QCOMPARE(plugin.card().title, QString("a.so")); // it has no name
    }

    void leavesOutWhatIsMalformed()
    {
        QVERIFY(readPlugins(Json()).isEmpty());
        QVERIFY(readPlugins({{"plugins", 3}}).isEmpty());
        QVERIFY(
            readPlugins({{"plugins", {1, "a", nullptr, {{"file", "x"}, {"state", "asleep"}}}}}).isEmpty());
        const auto one = readPlugins(
            {{"plugins", {{{"file", 3}, {"state", "failed"}, {"studies", {1, "a.b"}}, {"loaded", "yes"}}}}});
        QCOMPARE(one.size(), 1);
        QCOMPARE(one[0].file, QString());
        QCOMPARE(one[0].studies, QStringList{"a.b"});
        QVERIFY(!one[0].loaded);
    }
};

QTEST_GUILESS_MAIN(TestPluginEntry)
#include "tst_plugin_entry.moc"
