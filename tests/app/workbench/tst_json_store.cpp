#include "app/workbench/shell/preferences.h"
#include "app/workbench/shell/session.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace assay;
using namespace assay::workbench;

namespace {

void writeFile(const QString& path, const QByteArray& bytes)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
}

QByteArray readFile(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class TestJsonStore : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void valuesSurvive()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("deep/preferences.json");
        {
            Preferences preferences(path);
            QCOMPARE(preferences.value(preference::kAppearance), std::string("system"));
            preferences.set(preference::kAppearance, std::string("dark"));
        }
        Preferences again(path);
        QCOMPARE(again.value(preference::kAppearance), std::string("dark"));
        QCOMPARE(again.value(preference::kWelcomed), false);
        QCOMPARE(again.problem(), QString());
    }

    void aValueOfAnotherTypeGivesTheDefault()
    {
        QTemporaryDir folder;
        writeFile(folder.filePath("p.json"), R"({"version": 1, "appearance": 7, "welcomed": "yes"})");
        Preferences preferences(folder.filePath("p.json"));
        QCOMPARE(preferences.value(preference::kAppearance), std::string("system"));
        QCOMPARE(preferences.value(preference::kWelcomed), false);
    }

    void aPoisonedFileIsSetAside()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("p.json");
        writeFile(path, "{ not json");
        Preferences preferences(path);
        QVERIFY(preferences.problem().startsWith(path + " could not be read ("));
        QVERIFY(preferences.problem().endsWith("and was set aside as " + path + ".broken."));
        QCOMPARE(readFile(path + ".broken"), QByteArray("{ not json"));
        preferences.set(preference::kWelcomed, true);
    }

    void aNewerFileIsLeftAlone()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("p.json");
        const QByteArray newer = R"({"version": 9, "appearance": "dark"})";
        writeFile(path, newer);
        {
            Preferences preferences(path);
            QCOMPARE(preferences.problem(),
                     path + " was written by a newer Assay (version 9, this one reads up to 1). It is left "
                            "alone and changes are not kept.");
            preferences.set(preference::kWelcomed, true);
        }
        QCOMPARE(readFile(path), newer);
    }

    void upgradesAreStepsAndAreUndoneTogether()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("p.json");
        writeFile(path, R"({"version": 1, "old": 5})");
        const JsonStore::Upgrade never = [](Json&) { QFAIL("step 0 is not for version 1"); };
        const JsonStore::Upgrade rename = [](Json& json) {
            json["new"] = json["old"];
            json.erase("old");
        };
        JsonStore store(path, {never, rename});
        QCOMPARE(store.json().dump(), std::string(R"({"new":5})"));
        const JsonStore::Upgrade fails = [](Json&) { throw std::runtime_error("no such field"); };
        JsonStore failed(path, {never, rename, fails});
        QVERIFY(failed.json().empty());
        QVERIFY(failed.problem().contains("no such field"));
    }

    void sessionsRememberDocuments()
    {
        QTemporaryDir workspace;
        SessionState state;
        state.geometry = QByteArray("\0\1geometry", 10);
        state.documents.append(SessionState::Document());
        state.documents[0].spec.study = "transfer.class-aware";
        state.documents[0].spec.params = {{"count", 60}};
        state.documents[0].run = "run-1";
        state.current = 1;
        {
            Session session(workspace.path());
            QVERIFY(!session.exists());
            session.write(state);
            session.flush();
        }
        Session again(workspace.path());
        QVERIFY(again.exists());
        const SessionState read = again.read();
        QCOMPARE(read.geometry, state.geometry);
        QVERIFY(read.documents == state.documents);
        QCOMPARE(read.current, 1);
    }

    void oneBadTabDoesNotKeepTheOthersFromOpening()
    {
        QTemporaryDir workspace;
        QDir(workspace.path()).mkpath(".assay");
        writeFile(
            workspace.filePath(".assay/session.json"),
            R"({"version": 1, "documents": [{"spec": 3}, 7, {"spec": {"study": "a.b"}}], "current": "x"})");
        const SessionState state = Session(workspace.path()).read();
        QCOMPARE(state.documents.size(), 1);
        QCOMPARE(state.documents[0].spec.study, std::string("a.b"));
    }
};

QTEST_GUILESS_MAIN(TestJsonStore)
#include "tst_json_store.moc"
