#include "backend/engine/files.h"
#include "backend/engine/plugin_host.h"
#include "backend/protocol/error.h"

#include <QLibraryInfo>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <map>

using namespace assay;
using namespace assay::engine;
namespace fs = std::filesystem;

class TestPluginHost : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path m_built = fs::path(ASSAY_TEST_BUILD_DIR) / "tests/plugins";

    fs::path root() const { return m_dir.path().toStdString(); }
    fs::path fresh(const char* name) const
    {
        fs::create_directories(root() / name);
        return root() / name;
    }
    /// The record of the one plugin in @p folder, which is not the application's own.
    PluginRecord only(const fs::path& folder, Registries& registries) const
    {
        PluginHost host(root() / "own", {folder}, root() / "config");
        host.loadInto(registries);
        if (host.records().size() != 1)
            qFatal("%zu plugins in the folder", host.records().size());
        return host.records()[0];
    }
    /// `assay-cli list plugins` with the settings of this test.
    QString listInChild(const fs::path& folder, int& status, const QStringList& options = {}) const
    {
        QProcess child;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("XDG_CONFIG_HOME", m_dir.path());
        environment.insert("XDG_DATA_HOME", m_dir.path());
        environment.insert("ASSAY_PLUGIN_PATH", QString::fromStdString(folder.string()));
        child.setProcessEnvironment(environment);
        child.start(ASSAY_TEST_BUILD_DIR "/bin/assay-cli", QStringList{"list", "plugins"} + options);
        child.waitForFinished();
        status = child.exitStatus() == QProcess::CrashExit ? -1 : child.exitCode();
        return QString::fromUtf8(child.readAllStandardOutput());
    }

private Q_SLOTS:
    void needsPermission()
    {
        const fs::path file = m_built / "test_plugin/test_plugin.so";
        Registries registries;
        const auto refused = only(file.parent_path(), registries);
        QVERIFY(!refused.loaded);
        QCOMPARE(refused.id, std::string("test"));
        QCOMPARE(refused.problem, file.string() + ": this plugin was not allowed to run; its SHA-256 is " +
                                      sha256OfFile(file) +
                                      ". If you trust it, allow it with 'assay-cli plugins allow " +
                                      file.string() + "'.");
        QVERIFY(registries.studies().empty());

        QCOMPARE(PluginTrust(root() / "config").allow(file), sha256OfFile(file));
        PluginHost host(root() / "own", {file.parent_path()}, root() / "config");
        host.loadInto(registries);
        QCOMPARE(host.records()[0].problem, std::string());
        QVERIFY(host.records()[0].loaded);
        QCOMPARE(host.pluginOf("test.count"), std::string("test"));
        QCOMPARE(host.pluginOf("test.unknown"), std::string());
        QCOMPARE(registries.study("test.count").info().title, std::string("Counting"));

        // The same studies once more: refused as a whole.
        const auto twice = only(file.parent_path(), registries);
        QCOMPARE(twice.problem, file.string() + ": another plugin already brought the study 'test.count'. "
                                                "Remove one of the two.");
    }

    void permissionIsForTheBytes()
    {
        const fs::path folder = fresh("changed");
        fs::copy(m_built / "test_plugin/test_plugin.so", folder / "test_plugin.so");
        PluginTrust(root() / "config").allow(folder / "test_plugin.so");
        std::ofstream(folder / "test_plugin.so", std::ios::app) << "x";
        Registries registries;
        QVERIFY(only(folder, registries).problem.find("this plugin was not allowed to run") !=
                std::string::npos);
    }

    void ownPluginsNeedNoPermission()
    {
        const fs::path own = fresh("trusted");
        fs::copy(m_built / "test_plugin/test_plugin.so", own / "test_plugin.so");
        Registries registries;
        PluginHost host(own, {}, root() / "other-config");
        host.loadInto(registries);
        QCOMPARE(host.records().at(0).problem, std::string());
    }

    void refusesAnotherAbiWithoutLoading()
    {
        const fs::path file = m_built / "wrong_abi_plugin/wrong_abi_plugin.so";
        PluginTrust(root() / "config").allow(file);
        Registries registries;
        QCOMPARE(only(file.parent_path(), registries).problem,
                 file.string() + ": the plugin was built for engine ABI 999, this engine has " +
                     std::to_string(kEngineAbi) +
                     ". Build it for this version of Assay.");
    }

    void refusesForeignFiles()
    {
        const fs::path text = fresh("text");
        std::ofstream(text / "notes.so") << "this is no library";
        Registries registries;
        QVERIFY(only(text, registries)
                    .problem.starts_with((text / "notes.so").string() + ": this is no Qt plugin: "));

        const fs::path empty = fresh("empty");
        std::ofstream(empty / "empty.so") << "";
        QVERIFY(only(empty, registries)
                    .problem.starts_with((empty / "empty.so").string() + ": this is no Qt plugin: "));

        // One of Qt's own: sound, but not for us.
        const fs::path foreign = fresh("foreign");
        const fs::path offscreen = fs::path(QLibraryInfo::path(QLibraryInfo::PluginsPath).toStdString()) /
                                   "platforms/libqoffscreen.so";
        QVERIFY(fs::exists(offscreen));
        fs::copy(offscreen, foreign / "foreign.so");
        const auto record = only(foreign, registries);
        QVERIFY(record.problem.find("not 'org.assay.Plugin/1'. Remove it from the plugin folder.") !=
                std::string::npos);

        // Truncated in the middle of what is read.
        const fs::path torn = fresh("torn");
        const std::string bytes = readFile(m_built / "test_plugin/test_plugin.so", 1 << 28);
        std::ofstream(torn / "torn.so") << bytes.substr(0, bytes.size() / 3);
        QVERIFY(!only(torn, registries).loaded);
        QVERIFY(registries.studies().empty());
    }

    void absentFoldersAreNoProblem()
    {
        Registries registries;
        PluginHost host(root() / "nowhere", {root() / "nowhere either"}, root() / "config");
        host.loadInto(registries);
        QVERIFY(host.records().empty());
    }

    void setsAsideWhatCrashedWhileLoading()
    {
        const fs::path file = m_built / "crashing_plugin/crashing_plugin.so";
        const PluginTrust trust(root() / "assay");
        trust.allow(file);
        int status = 0;
        listInChild(file.parent_path(), status);
        QCOMPARE(status, -1);
        QVERIFY(trust.hasCrashed(sha256OfFile(file)));
        const QString list = listInChild(file.parent_path(), status);
        QCOMPARE(status, 0);
        QVERIFY2(list.contains(
                     QString::fromStdString(file.string() +
                                            ": the plugin crashed the engine when it was last loaded, and is "
                                            "set aside: it touched memory that is not its own (SIGSEGV). "
                                            "Allow it again with 'assay-cli plugins allow " +
                                            file.string() + "' or remove it.")),
                 qPrintable(list));
        trust.allow(file);
        QVERIFY(!trust.hasCrashed(sha256OfFile(file)));
    }

    void saysWhatAConstructorThrew()
    {
        const fs::path file = m_built / "throwing_plugin/throwing_plugin.so";
        PluginTrust(root() / "config").allow(file);
        Registries registries;
        const auto record = only(file.parent_path(), registries);
        QVERIFY(record.state == PluginState::Failed);
        QCOMPARE(record.problem, file.string() +
                                     ": the plugin failed while it was loaded: the licence server "
                                     "does not answer. Ask its author for help.");
    }

    void saysWhichSymbolIsMissing()
    {
        const fs::path file = m_built / "missing_symbol_plugin/missing_symbol_plugin.so";
        PluginTrust(root() / "config").allow(file);
        Registries registries;
        const auto record = only(file.parent_path(), registries);
        QVERIFY(record.state == PluginState::Failed);
        QVERIFY2(record.problem.starts_with(file.string() + ": the plugin cannot be loaded: "),
                 record.problem.c_str());
        QVERIFY2(record.problem.find("noSuchFunctionOfTheEngine") != std::string::npos,
                 record.problem.c_str());
    }

    void canBeSwitchedOff()
    {
        const fs::path own = fresh("switched");
        const fs::path file = own / "test_plugin.so";
        fs::copy(m_built / "test_plugin/test_plugin.so", file);
        const PluginTrust trust(root() / "switched-config");
        const auto state = [&] {
            Registries registries;
            PluginHost host(own, {}, root() / "switched-config");
            host.loadInto(registries);
            return host.record(file);
        };
        trust.setDisabled("test", file, true);
        QVERIFY(state().state == PluginState::Disabled);
        QCOMPARE(state().problem, file.string() +
                                      ": the plugin is switched off. Switch it on with 'assay-cli "
                                      "plugins enable test'.");
        QCOMPARE(state().id, std::string("test"));
        trust.setDisabled("test", file, false);
        QVERIFY(state().state == PluginState::Active);
        QVERIFY(state().loaded);
    }

    void attacksAreAllKeptOrNone()
    {
        const auto entry = [](const char* id) {
            return attacks::AttackEntry{.info = {.id = id, .title = id}, .make = {}};
        };
        Registries staging;
        staging.addAttack(entry("test.one"));
        staging.addAttack(entry("test.two"));
        QVERIFY_EXCEPTION_THROWN(staging.addAttack(entry("test.one")), Error);
        QCOMPARE(staging.takeAttacks().size(), std::size_t(2));
        QVERIFY(staging.takeAttacks().empty());
        for (const auto& info : attacks::attacks().list())
            QVERIFY(!info.id.starts_with("test."));
    }

    void foreseesWhatTheNextStartMakesOfThem()
    {
        const fs::path own = fresh("foreseen");
        const fs::path file = own / "test_plugin.so";
        fs::copy(m_built / "test_plugin/test_plugin.so", file);
        Registries registries;
        PluginHost host(own, {}, root() / "foreseen-config");
        host.loadInto(registries);
        PluginRecord next = host.record(file);
        QVERIFY(!next.changesAtStart());
        next.state = PluginState::Disabled;
        next.loaded = false;
        PluginRecord fresh = next;
        fresh.file = own / "new.so";
        fresh.state = PluginState::Active;
        fresh.loaded = true; // in the process that tried it
        host.foresee({next, fresh});
        QVERIFY(host.record(file).loaded);
        QVERIFY(host.record(file).changesAtStart());
        QVERIFY(!host.record(fresh.file).loaded);
        QVERIFY(host.record(fresh.file).changesAtStart());
        host.foresee({});
        QCOMPARE(host.records().size(), std::size_t(1)); // what is loaded stays in the list
        QCOMPARE(host.record(file).problem, file.string() + ": the file is gone.");
        QVERIFY_EXCEPTION_THROWN(host.record(own / "new.so"), Error);
    }

    void recordsSurviveTheWayThroughJson()
    {
        const PluginRecord record{.file = "/plugins/a.so",
                                  .id = "a",
                                  .name = "A",
                                  .version = "1",
                                  .author = "B",
                                  .licence = "C",
                                  .summary = "D",
                                  .studies = {"a.b"},
                                  .attacks = {"a.c", "a.d"},
                                  .sha256 = "00",
                                  .own = true,
                                  .loaded = true,
                                  .state = PluginState::Quarantined,
                                  .problem = "E"};
        QVERIFY(pluginFromJson(toJson(record)) == record);
        Json unknown = toJson(record);
        unknown["state"] = "asleep";
        QVERIFY_EXCEPTION_THROWN(pluginFromJson(unknown), Error);
        QVERIFY_EXCEPTION_THROWN(pluginFromJson(Json::array()), Error);
    }

    void checksThemInAProcessOfTheirOwn()
    {
        const fs::path folder = fresh("mixed");
        const PluginTrust trust(root() / "assay");
        for (const char* name : {"test_plugin", "wrong_abi_plugin", "crashing_plugin", "throwing_plugin"}) {
            const fs::path file = folder / (std::string(name) + ".so");
            fs::copy(m_built / name / file.filename(), file);
            trust.allow(file);
        }
        fs::copy(m_built / "missing_symbol_plugin/missing_symbol_plugin.so", folder / "stranger.so");
        int status = 0;
        const auto list = Json::parse(listInChild(folder, status, {"--check", "--json"}).toStdString());
        QCOMPARE(status, 1); // not -1: the crash was that of a child
        std::map<std::string, std::string> states;
        for (const Json& item : list.at("plugins"))
            states[fs::path(item.at("file").get<std::string>()).filename().string()] =
                item.at("state").get<std::string>();
        const std::map<std::string, std::string> expected = {{"test_plugin.so", "active"},
                                                             {"wrong_abi_plugin.so", "failed"},
                                                             {"crashing_plugin.so", "quarantined"},
                                                             {"throwing_plugin.so", "failed"},
                                                             {"stranger.so", "not-allowed"}};
        for (const auto& [name, state] : expected)
            QCOMPARE(states[name], state);
        // What the next start, and hence the window, says.
        const auto next = Json::parse(listInChild(folder, status, {"--json"}).toStdString());
        QCOMPARE(status, 0);
        QVERIFY(next == list);
    }
};

QTEST_GUILESS_MAIN(TestPluginHost)
#include "tst_plugin_host.moc"
