#include "window_driver.h"

#include "app/workbench/shell/action_registry.h"
#include "app/workbench/shell/document_tabs.h"
#include "app/workbench/shell/import_desk.h"
#include "app/workbench/shell/notice_bar.h"
#include "widgets/engine/stall_meter.h"
#include "widgets/importing/import_dialog.h"
#include "widgets/studies/card_model.h"
#include "widgets/studies/library_view.h"
#include "widgets/studies/study_document.h"

#include <QComboBox>
#include <QCryptographicHash>
#include <QDir>
#include <QDropEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMimeData>
#include <QProcess>
#include <QPushButton>
#include <QTabBar>
#include <QTest>
#include <QUndoStack>

using namespace assay;
using namespace assay::test;
using widgets::CardModel;
using widgets::ImportDialog;
using widgets::ImportFile;
using Shelf = widgets::LibraryView::Shelf;

/// Files from outside in the real window over the real engine, in the order a user meets it: dropped,
/// corrected, imported, used, taken back, changed behind the window's back.
class GuiImporting : public QObject
{
    Q_OBJECT
    std::unique_ptr<WindowDriver> m_driver;
    std::unique_ptr<widgets::StallMeter> m_meter;
    QString m_answers; ///< predictions as CSV
    QString m_images;  ///< a folder of images, a class a folder
    QByteArray m_answersHash;

    static QByteArray hashOf(const QString& path)
    {
        QFile file(path);
        QCryptographicHash hash(QCryptographicHash::Sha256);
        return file.open(QIODevice::ReadOnly) && hash.addData(&file) ? hash.result() : QByteArray();
    }
    static void write(const QString& path, const QByteArray& bytes)
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(bytes), bytes.size());
    }
    void makeFiles()
    {
        m_answers = m_driver->folder() + "/Answers of mine.csv";
        QByteArray csv = "cat,dog,bird,label\n";
        for (int i = 0; i < 60; ++i)
            csv += QByteArray::number(i % 3 == 0 ? 4.5 : -0.25) + "," +
                   QByteArray::number(i % 3 == 1 ? 3.5 : 0.5) + "," +
                   QByteArray::number(i % 3 == 2 ? 2.25 : -1.5) + "," + QByteArray::number(i % 3) + "\n";
        write(m_answers, csv);
        m_answersHash = hashOf(m_answers);
        m_images = m_driver->folder() + "/Shapes";
        for (int i = 0; i < 40; ++i) {
            const QString folder = m_images + (i % 2 ? "/dark" : "/bright");
            QVERIFY(QDir().mkpath(folder));
            QImage image(16, 16, QImage::Format_RGB32);
            image.fill(QColor::fromHsv(i * 9, 120, i % 2 ? 60 : 230));
            QVERIFY(image.save(QStringLiteral("%1/%2.png").arg(folder).arg(i)));
        }
    }
    /// One of the examples, as its author's Python writes it.
    QString makeScript(const QString& example)
    {
        m_meter->stop(); // the test's own work
        QProcess::execute(
            "/usr/bin/python3",
            {ASSAY_TEST_SOURCE_DIR "/plugins/examples/scripted/" + example + ".py", m_driver->folder()});
        m_meter->start();
        return m_driver->folder() + "/" + example + ".pt";
    }
    QListView* shelf(const char* name) const { return m_driver->find<QListView>(QString::fromLatin1(name)); }
    static int rowOf(const QListView* view, const QString& id)
    {
        for (int row = 0; row < view->model()->rowCount(); ++row) {
            if (view->model()->index(row, 0).data(CardModel::IdRole).toString() == id)
                return row;
        }
        return -1;
    }
    ImportDialog* dialog() const
    {
        for (ImportDialog* dialog : m_driver->window().findChildren<ImportDialog*>()) {
            if (dialog->isVisible())
                return dialog;
        }
        return nullptr;
    }
    bool isReady() const { return dialog() && state() == ImportFile::State::Ready; }
    ImportFile::State state() const { return dialog()->files().file(dialog()->currentRow()).state; }
    QString said() const { return m_driver->window().notices().sentences().join(QLatin1Char('\n')); }
    void drop(const QString& path, QWidget* on)
    {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(path)});
        QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(on, &enter);
        QVERIFY(enter.isAccepted());
        QVERIFY(m_driver->find<QLabel>("dropHint")->isVisible());
        QDropEvent event(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(on, &event);
        QVERIFY(event.isAccepted());
        QVERIFY(!m_driver->find<QLabel>("dropHint")->isVisible());
    }
    void picture(const QString& name)
    {
        m_driver->settle(300);
        m_meter->stop(); // taking pictures is the test's own work, not the window's
        m_driver->screenshot(name);
        if (dialog())
            dialog()->grab().save(
                QStringLiteral(ASSAY_TEST_BUILD_DIR "/screenshots/%1-dialog.png").arg(name));
        m_meter->start();
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<WindowDriver>();
        QVERIFY(m_driver->waitForCatalogue());
        m_driver->window().activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&m_driver->window()));
        m_meter = std::make_unique<widgets::StallMeter>();
        makeFiles();
        m_meter->start();
    }

    void aFileDroppedAnywhereOpensTheDialogue()
    {
        // On a line edit, which would otherwise take the file for text.
        auto* search = m_driver->find<QLineEdit>("librarySearch");
        drop(m_answers, search);
        QTRY_VERIFY(dialog());
        QVERIFY(search->text().isEmpty());
        QTRY_VERIFY_WITH_TIMEOUT(isReady(), 60000);
        QVERIFY(!m_driver->find<QLabel>("importFormat", dialog())->text().isEmpty());
        QVERIFY(m_driver->find<QPushButton>("importButton", dialog())->isEnabled());
        picture("import-answers");
    }

    void aFieldIsCorrectedAndTheFileImported()
    {
        auto* name = m_driver->find<QLineEdit>("field:name", dialog());
        QVERIFY(name);
        QCOMPARE(name->text(), QString("answers-of-mine"));
        name->setFocus();
        name->selectAll();
        QTest::keyClicks(name, "My Answers"); // no name for a command line
        QTRY_VERIFY_WITH_TIMEOUT(state() == ImportFile::State::Blocked, 30000);
        QVERIFY(!m_driver->find<QPushButton>("importButton", dialog())->isEnabled());
        name = m_driver->find<QLineEdit>("field:name", dialog());
        name->selectAll();
        QTest::keyClicks(name, "mine");
        QTest::keyClick(name, Qt::Key_Return); // looked at without the pause
        QTRY_VERIFY_WITH_TIMEOUT(isReady(), 30000);
        QTest::keyClick(m_driver->find<QLineEdit>("field:name", dialog()), Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(!dialog(), 60000);
        QListView* models = shelf("libraryModels");
        QTRY_VERIFY(rowOf(models, "mine") >= 0);
        QTRY_COMPARE(models->currentIndex().data(CardModel::IdRole).toString(), QString("mine"));
        QVERIFY(models->currentIndex().data(CardModel::TagsRole).toStringList().contains("predictions only"));
        QVERIFY(said().contains("“mine” is in the workspace. Its files stay where they are."));
        QCOMPARE(hashOf(m_answers), m_answersHash);
        picture("import-library");
    }

    void itIsInAStudysPicker()
    {
        widgets::StudyDocument* document = m_driver->smallStudy();
        auto* targets = m_driver->find<QListView>("field:targets", document);
        QVERIFY(targets);
        const auto find = [targets] {
            const auto hits = targets->model()->match(targets->model()->index(0, 0), Qt::ToolTipRole,
                                                      "Only its answers are known", 1, Qt::MatchStartsWith);
            return hits.isEmpty() ? QModelIndex() : hits[0];
        };
        QTRY_VERIFY(find().isValid());
        QVERIFY(find().flags() & Qt::ItemIsEnabled); // marked, and the study decides
        picture("import-picker");
        m_driver->window().tabs().closeCurrent();
    }

    void theImportIsUndoneAndDoneAgain()
    {
        QListView* models = shelf("libraryModels");
        models->setFocus();
        QAction* undo = m_driver->window().actions().find("edit.undo");
        QTRY_VERIFY(undo->isEnabled());
        QVERIFY(undo->text().contains("Import of mine"));
        undo->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(rowOf(models, "mine"), -1, 30000);
        QVERIFY(QFile::exists(m_answers));
        m_driver->window().actions().find("edit.redo")->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(rowOf(models, "mine") >= 0, 30000);
        QTRY_COMPARE(models->currentIndex().data(CardModel::IdRole).toString(), QString("mine"));
    }

    void deleteTakesItOutAndTheNoticeBringsItBack()
    {
        QListView* models = shelf("libraryModels");
        models->setFocus();
        QTest::keyClick(models, Qt::Key_Delete);
        QTRY_COMPARE_WITH_TIMEOUT(rowOf(models, "mine"), -1, 30000);
        QTRY_VERIFY(said().contains("was taken out of the workspace. Your files were not touched."));
        QVERIFY(m_driver->dialogs().asked.isEmpty()); // no question
        picture("import-removed");
        QTest::mouseClick(m_driver->find<QPushButton>("noticeAction"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(rowOf(models, "mine") >= 0, 30000);
        QVERIFY(!said().contains("was taken out"));
        QCOMPARE(hashOf(m_answers), m_answersHash);
    }

    void whatComesWithAssayStays()
    {
        QListView* models = shelf("libraryModels");
        const int row = rowOf(models, "fashion-mlp");
        QVERIFY(row >= 0);
        models->setCurrentIndex(models->model()->index(row, 0));
        models->setFocus();
        QTest::keyClick(models, Qt::Key_Delete);
        QTRY_VERIFY(said().contains("comes with Assay, is in every workspace and cannot be removed."));
        QVERIFY(rowOf(models, "fashion-mlp") >= 0);
        Q_EMIT models->customContextMenuRequested(models->visualRect(models->currentIndex()).center());
        auto* menu = m_driver->find<QMenu>("itemMenu");
        QVERIFY(menu);
        QVERIFY(!m_driver->find<QAction>("removeItem", menu)->isEnabled());
        QCOMPARE(m_driver->find<QAction>("removeItem", menu)->toolTip(),
                 QString("What comes with Assay is in every workspace and cannot be removed"));
        menu->close();
        m_driver->window().notices().clear();
    }

    void aChangedFileIsWarnedOfAndImportedAgain()
    {
        QListView* models = shelf("libraryModels");
        QFile file(m_answers);
        QVERIFY(file.open(QIODevice::Append));
        file.write("1,2,3,2\n");
        file.close();
        m_driver->window().engine().refreshCatalogue();
        const auto warning = [models] {
            return models->model()->index(rowOf(models, "mine"), 0).data(CardModel::WarningRole).toString();
        };
        QTRY_VERIFY_WITH_TIMEOUT(warning().contains("has changed since it was imported"), 30000);
        QVERIFY(warning().contains(m_answers));
        picture("import-changed");

        models->setCurrentIndex(models->model()->index(rowOf(models, "mine"), 0));
        Q_EMIT models->customContextMenuRequested(models->visualRect(models->currentIndex()).center());
        auto* menu = m_driver->find<QMenu>("itemMenu");
        for (QAction* action : menu->actions()) {
            if (action->text().startsWith("Import again"))
                action->trigger();
        }
        menu->close();
        QTRY_VERIFY_WITH_TIMEOUT(isReady(), 60000);
        QCOMPARE(m_driver->find<QLineEdit>("field:name", dialog())->text(), QString("mine"));
        m_driver->find<QPushButton>("importButton", dialog())->click();
        QTRY_VERIFY_WITH_TIMEOUT(!dialog(), 60000);
        QTRY_VERIFY_WITH_TIMEOUT(rowOf(models, "mine") >= 0 && warning().isEmpty(), 30000);

        // One step back is the old card, whose file is still another one.
        m_driver->window().imports().undoStack().undo();
        QTRY_VERIFY_WITH_TIMEOUT(rowOf(models, "mine") >= 0 && !warning().isEmpty(), 30000);
        m_driver->window().imports().undoStack().redo();
        QTRY_VERIFY_WITH_TIMEOUT(rowOf(models, "mine") >= 0 && warning().isEmpty(), 30000);
    }

    void leavingTheDialogueKeepsTheOldEntry()
    {
        QListView* models = shelf("libraryModels");
        m_driver->window().imports().importAgain(Shelf::Models, "mine");
        QTRY_COMPARE_WITH_TIMEOUT(rowOf(models, "mine"), -1, 30000);
        QTRY_VERIFY_WITH_TIMEOUT(isReady(), 60000);
        QTest::keyClick(dialog(), Qt::Key_Escape);
        QTRY_VERIFY(!dialog());
        QTRY_VERIFY_WITH_TIMEOUT(rowOf(models, "mine") >= 0, 30000);
    }

    void aFolderBecomesADataSet()
    {
        m_driver->dialogs().path = m_images;
        m_driver->window().actions().find("file.importFolder")->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(isReady(), 60000);
        picture("import-folder");
        m_driver->find<QPushButton>("importButton", dialog())->click();
        QTRY_VERIFY_WITH_TIMEOUT(!dialog(), 60000);
        QListView* data = shelf("libraryData");
        QTRY_VERIFY_WITH_TIMEOUT(rowOf(data, "shapes") >= 0, 30000);
        QTRY_COMPARE(data->currentIndex().data(CardModel::IdRole).toString(), QString("shapes"));
        QCOMPARE(m_driver->find<widgets::LibraryView>("libraryView")->shelf(), Shelf::Data);
        picture("import-data");
    }

    void aScriptBecomesAnAttack()
    {
        const QString script = makeScript("mi_fgsm");
        QVERIFY(QFile::exists(script));
        const QByteArray hash = hashOf(script);
        drop(script, m_driver->find<QLineEdit>("librarySearch"));
        QTRY_VERIFY_WITH_TIMEOUT(isReady(), 60000);
        QCOMPARE(m_driver->find<QLabel>("importFormat", dialog())->text(), QString("TorchScript attack"));
        QStringList found;
        for (const QLabel* label : dialog()->findChildren<QLabel*>("findingText"))
            found << label->text();
        QVERIFY(found.contains("An attack in linf, with the parameter decay and without a transform."));
        auto* name = m_driver->find<QLineEdit>("field:name", dialog());
        QCOMPARE(name->text(), QString("mi-fgsm"));
        name->selectAll();
        QTest::keyClicks(name, "mine");
        QTRY_VERIFY_WITH_TIMEOUT(isReady(), 30000);
        QCOMPARE(m_driver->find<QLineEdit>("field:name", dialog())->text(), QString("mine"));
        picture("import-attack");
        m_driver->find<QPushButton>("importButton", dialog())->click();
        QTRY_VERIFY_WITH_TIMEOUT(!dialog(), 60000);

        QListView* attacks = shelf("libraryAttacks");
        QTRY_VERIFY_WITH_TIMEOUT(rowOf(attacks, "script:mine") >= 0, 30000);
        QTRY_COMPARE(attacks->currentIndex().data(CardModel::IdRole).toString(), QString("script:mine"));
        QCOMPARE(m_driver->find<widgets::LibraryView>("libraryView")->shelf(), Shelf::Attacks);
        QCOMPARE(rowOf(attacks, "script:mine"), 0); // before the built-in ones
        QVERIFY(rowOf(attacks, "pgd") > 0);
        const auto* tabs = m_driver->find<QTabBar>("libraryTabs");
        QCOMPARE(tabs->count(), 5);
        for (int i = 0; i < tabs->count(); ++i) // every shelf is in sight at the usual width
            QVERIFY(tabs->rect().contains(tabs->tabRect(i)));
        picture("import-attack-library");

        // A study offers it.
        widgets::StudyDocument* document = m_driver->smallStudy();
        auto* choice = m_driver->find<QComboBox>("field:attack", document);
        QVERIFY(choice);
        QTRY_VERIFY(choice->findText("MI-FGSM (scripted)") >= 0);
        m_driver->window().tabs().closeCurrent();

        attacks->setFocus();
        QTest::keyClick(attacks, Qt::Key_Delete);
        QTRY_COMPARE_WITH_TIMEOUT(rowOf(attacks, "script:mine"), -1, 30000);
        QTRY_VERIFY(said().contains("was taken out of the workspace. Your files were not touched."));
        m_driver->window().imports().undoStack().undo();
        QTRY_VERIFY_WITH_TIMEOUT(rowOf(attacks, "script:mine") >= 0, 30000);
        QCOMPARE(hashOf(script), hash);

        // What is built in stays.
        attacks->setCurrentIndex(attacks->model()->index(rowOf(attacks, "pgd"), 0));
        QTest::keyClick(attacks, Qt::Key_Delete);
        QTRY_VERIFY(said().contains("comes with Assay, is in every workspace and cannot be removed."));
        m_driver->window().notices().clear();

        // Edited behind the window's back: the entry says so when the window looks again.
        QVERIFY(QFile::remove(script));
        QVERIFY(QFile::rename(makeScript("di_mi_fgsm"), script));
        m_driver->window().engine().refreshCatalogue();
        QTRY_VERIFY_WITH_TIMEOUT(attacks->model()
                                     ->index(rowOf(attacks, "script:mine"), 0)
                                     .data(CardModel::WarningRole)
                                     .toString()
                                     .contains("has changed since it was imported"),
                                 30000);
        picture("import-attack-changed");
    }

    void aHostileFileShowsItsSentence()
    {
        const QString bad = m_driver->folder() + "/torn.npz";
        write(bad, QByteArray("PK\x03\x04", 4) + QByteArray(200, '\xff'));
        m_driver->window().openFile(bad);
        QTRY_VERIFY_WITH_TIMEOUT(
            dialog() && dialog()->files().count() == 1 && !dialog()->files().file(0).isBusy(), 60000);
        QVERIFY(!m_driver->find<QPushButton>("importButton", dialog())->isEnabled());
        const auto* text = m_driver->find<QLabel>("findingText", dialog());
        QVERIFY(text);
        QVERIFY(!text->text().isEmpty());
        picture("import-hostile");
        QTest::keyClick(dialog(), Qt::Key_Escape);
        QTRY_VERIFY(!dialog());
        QCOMPARE(m_driver->window().engine().state(), widgets::EngineClient::State::Ready);
    }

    void aFileThatIsNothingGetsItsHint()
    {
        const QString photo = m_images + "/dark/1.png";
        m_driver->window().openFile(photo);
        QTRY_VERIFY_WITH_TIMEOUT(dialog() && state() == ImportFile::State::Unknown, 60000);
        QStringList texts;
        for (const QLabel* label : dialog()->findChildren<QLabel*>("findingText"))
            texts << label->text();
        QVERIFY(texts.join(' ').contains("1.png carries no evidence"));
        picture("import-nothing");
        QTest::keyClick(dialog(), Qt::Key_Escape);
        QTRY_VERIFY(!dialog());
    }

    void theWorkspaceRemembers()
    {
        qInfo("longest wait %.1f ms, median %.2f ms", m_meter->longestMs(), m_meter->medianMs());
        QVERIFY(m_meter->heartbeats() > 0);
        m_driver->reopen();
        QVERIFY(m_driver->waitForCatalogue());
        QTRY_VERIFY(rowOf(shelf("libraryModels"), "mine") >= 0);
        QTRY_VERIFY(rowOf(shelf("libraryData"), "shapes") >= 0);
        QTRY_VERIFY(rowOf(shelf("libraryAttacks"), "script:mine") >= 0);
    }

    void cleanupTestCase()
    {
        m_meter.reset();
        m_driver.reset();
    }
};

QTEST_MAIN(GuiImporting)
#include "gui_importing.moc"
