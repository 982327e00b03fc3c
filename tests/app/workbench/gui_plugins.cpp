#include "window_driver.h"

#include "app/workbench/shell/action_registry.h"
#include "app/workbench/shell/notice_bar.h"
#include "app/workbench/shell/plugin_desk.h"
#include "widgets/plugins/plugin_manager.h"
#include "widgets/studies/card_model.h"

#include <QDir>
#include <QFile>
#include <QLabel>
#include <QListView>
#include <QPushButton>
#include <QTest>

using namespace assay;
using namespace assay::test;
using widgets::CardModel;
using widgets::EngineClient;
using widgets::PluginManager;

/// Plugins from outside, managed in the real window over the real engine.
class GuiPlugins : public QObject
{
    Q_OBJECT

    QTemporaryDir m_user; ///< settings and plugins of a user of this test's own

    QString plugin(const QString& name) const { return m_user.filePath("plugins/" + name + ".so"); }
    void drop(const QString& name) const
    {
        QVERIFY(QDir().mkpath(m_user.filePath("plugins")));
        QVERIFY(
            QFile::copy(ASSAY_TEST_BUILD_DIR "/tests/plugins/" + name + "/" + name + ".so", plugin(name)));
    }
    static PluginManager* open(WindowDriver& driver)
    {
        driver.window().plugins().open();
        return driver.window().plugins().manager();
    }
    static QString badge(PluginManager* manager, const QString& file)
    {
        const auto* view = manager->findChild<QListView*>("pluginList");
        for (int row = 0; row < view->model()->rowCount(); ++row) {
            const QModelIndex index = view->model()->index(row, 0);
            if (index.data(CardModel::IdRole).toString() == file)
                return index.data(CardModel::BadgeRole).toString();
        }
        return {};
    }
    static QPushButton* button(PluginManager* manager, const char* name)
    {
        return manager->findChild<QPushButton*>(name);
    }
    static void press(PluginManager* manager, const char* name)
    {
        QPushButton* found = button(manager, name);
        QVERIFY2(found->isVisible() && found->isEnabled(), name);
        QTest::mouseClick(found, Qt::LeftButton);
    }
    static bool hasStudy(WindowDriver& driver, const char* id)
    {
        const Json& catalogue = driver.window().engine().catalogue();
        for (const Json& study : catalogue.value("studies", Json::array())) {
            if (study.at("id") == id)
                return true;
        }
        return false;
    }
    static void save(PluginManager* manager, const QString& name)
    {
        QDir().mkpath(ASSAY_TEST_BUILD_DIR "/screenshots");
        QVERIFY(manager->grab().save(ASSAY_TEST_BUILD_DIR "/screenshots/" + name + ".png"));
    }

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("XDG_CONFIG_HOME", m_user.filePath("config").toUtf8());
        qputenv("ASSAY_PLUGIN_PATH", m_user.filePath("plugins").toUtf8());
        drop("test_plugin");
        drop("crashing_plugin");
    }

    void allowedLoadedAndSwitchedOff()
    {
        WindowDriver driver;
        QVERIFY(driver.waitForCatalogue());
        QVERIFY(!hasStudy(driver, "test.count"));
        driver.window().actions().find("help.plugins")->trigger();
        PluginManager* manager = driver.window().plugins().manager();
        QVERIFY(manager && manager->isVisible());
        QCOMPARE(badge(manager, plugin("test_plugin")), QString("not allowed"));
        manager->select(plugin("test_plugin"));
        driver.settle();
        save(manager, "plugins-not-allowed");

        // Nothing runs without consent.
        driver.dialogs().agrees = false;
        press(manager, "pluginAllow");
        QCOMPARE(driver.dialogs().asked, QStringList{"Allow a plugin"});
        QCOMPARE(badge(manager, plugin("test_plugin")), QString("not allowed"));
        driver.dialogs().agrees = true;
        press(manager, "pluginAllow");
        QVERIFY(!button(manager, "pluginCheck")->isEnabled()); // busy, and the window goes on
        QTRY_COMPARE_WITH_TIMEOUT(badge(manager, plugin("test_plugin")), QString("after restart"), 60000);
        press(manager, "pluginRestart");
        QTRY_COMPARE_WITH_TIMEOUT(badge(manager, plugin("test_plugin")), QString("loaded"), 60000);
        QVERIFY(hasStudy(driver, "test.count"));
        QVERIFY(!button(manager, "pluginRestart")->isVisible());
        driver.settle();
        save(manager, "plugins-loaded");

        press(manager, "pluginEnable");
        QTRY_COMPARE_WITH_TIMEOUT(badge(manager, plugin("test_plugin")), QString("off after restart"), 60000);
        press(manager, "pluginRestart");
        QTRY_COMPARE_WITH_TIMEOUT(badge(manager, plugin("test_plugin")), QString("off"), 60000);
        QVERIFY(!hasStudy(driver, "test.count"));
        press(manager, "pluginEnable");
        QTRY_COMPARE_WITH_TIMEOUT(badge(manager, plugin("test_plugin")), QString("after restart"), 60000);
    }

    void oneThatCrashesIsSetAsideWithoutHarm()
    {
        WindowDriver driver({900, 620}, workbench::ThemeKeeper::Choice::Dark);
        QVERIFY(driver.waitForCatalogue());
        const qint64 engine = driver.window().engine().processId();
        PluginManager* manager = open(driver);
        manager->select(plugin("crashing_plugin"));
        press(manager, "pluginAllow");
        QTRY_COMPARE_WITH_TIMEOUT(badge(manager, plugin("crashing_plugin")), QString("set aside"), 60000);
        QCOMPARE(driver.window().engine().processId(), engine); // it crashed elsewhere
        QCOMPARE(driver.window().engine().state(), EngineClient::State::Ready);
        QTRY_VERIFY(driver.window().notices().sentences().join(' ').contains("is set aside"));
        driver.settle();
        save(manager, "plugins-set-aside-dark");
        driver.screenshot("plugins-window-dark");

        press(manager, "pluginAllow"); // tried again, it crashes again
        QTRY_VERIFY_WITH_TIMEOUT(button(manager, "pluginAllow")->isEnabled(), 60000);
        QCOMPARE(badge(manager, plugin("crashing_plugin")), QString("set aside"));
        QCOMPARE(driver.window().engine().processId(), engine);
    }

    void aNewFileIsFoundAndAChangedOneRefused()
    {
        WindowDriver driver;
        QVERIFY(driver.waitForCatalogue());
        PluginManager* manager = open(driver);
        QVERIFY(badge(manager, plugin("throwing_plugin")).isEmpty());
        drop("throwing_plugin");
        press(manager, "pluginCheck");
        QTRY_COMPARE_WITH_TIMEOUT(badge(manager, plugin("throwing_plugin")), QString("not allowed"), 60000);
        manager->select(plugin("throwing_plugin"));

        QFile file(plugin("throwing_plugin"));
        QVERIFY(file.open(QIODevice::Append));
        file.write("x");
        file.close();
        press(manager, "pluginAllow");
        auto* message = manager->findChild<QLabel*>("pluginMessage");
        QTRY_VERIFY_WITH_TIMEOUT(message->text().contains("the file has changed since it was shown"), 60000);
        press(manager, "pluginCheck");
        QTRY_VERIFY_WITH_TIMEOUT(button(manager, "pluginCheck")->isEnabled(), 60000);
        press(manager, "pluginAllow");
        QTRY_COMPARE_WITH_TIMEOUT(badge(manager, plugin("throwing_plugin")), QString("failed"), 60000);
        manager->resize(manager->minimumSize());
        driver.settle();
        save(manager, "plugins-failed-small");
    }
};

QTEST_MAIN(GuiPlugins)
#include "gui_plugins.moc"
