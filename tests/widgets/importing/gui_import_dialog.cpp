#include "answering_engine.h"

#include "widgets/engine/stall_meter.h"
#include "widgets/forms/schema_form.h"
#include "widgets/importing/import_dialog.h"

#include <QApplication>
#include <QDir>
#include <QDoubleSpinBox>
#include <QDropEvent>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QProgressBar>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace assay;
using namespace assay::test;
using namespace assay::widgets;
using State = ImportFile::State;

/// The import dialogue with a test for an engine: keyboard, answers in any order, light and dark.
class GuiImportDialog : public QObject
{
    Q_OBJECT
    AnsweringEngine m_engine;
    QTemporaryDir m_folder;
    std::unique_ptr<ImportDialog> m_dialog;

    template <class T>
    T* find(const char* name) const
    {
        T* widget = m_dialog->findChild<T*>(QString::fromLatin1(name));
        if (!widget)
            qFatal("no widget %s", name);
        return widget;
    }
    QString reason() const { return find<QLabel>("importReason")->text(); }
    bool canImport() const { return find<QPushButton>("importButton")->isEnabled(); }
    QStringList findings() const
    {
        QStringList texts;
        for (const QLabel* label : m_dialog->findChildren<QLabel*>("findingText"))
            texts << label->text();
        return texts;
    }
    QString file(const QString& name) const
    {
        QFile file(m_folder.filePath(name));
        if (file.open(QIODevice::WriteOnly))
            file.write(QByteArray(3 << 20, 'x'));
        return file.fileName();
    }
    void open(const Theme& theme = Theme::light())
    {
        theme.apply();
        m_engine.questions.clear();
        m_dialog = std::make_unique<ImportDialog>(m_engine.ask(), nullptr);
        m_dialog->setTheme(theme);
        m_dialog->show();
        QVERIFY(QTest::qWaitForWindowActive(m_dialog.get()));
    }
    QImage picture(const QString& name)
    {
        QTest::qWait(50);
        QDir().mkpath(ASSAY_TEST_BUILD_DIR "/screenshots");
        const QImage image = m_dialog->grab().toImage();
        image.save(QStringLiteral(ASSAY_TEST_BUILD_DIR "/screenshots/") + name + ".png");
        return image;
    }

private Q_SLOTS:
    void init() { open(); }
    void cleanup() { m_dialog.reset(); }

    void theKeyboardAloneImportsAFile()
    {
        QSignalSpy imported(m_dialog.get(), &ImportDialog::imported);
        m_dialog->add(file("resnet18.onnx"));
        QVERIFY(find<QProgressBar>("importProgress")->isVisible());
        QVERIFY(!canImport());
        QCOMPARE(reason(), QString("It is being looked at."));
        m_engine.answer(sampleInspection());
        QCOMPARE(find<QLabel>("importFormat")->text(), QString("ONNX"));
        QVERIFY(find<QLabel>("importPlace")->text().contains("MiB"));
        QCOMPARE(reason(), QString("Fill in what only you can know: Height and Width."));
        QCOMPARE(find<QPushButton>("importButton")->toolTip(), reason());

        // The first asked field has the keyboard, stands blank and says what is wanted.
        auto* height = find<QDoubleSpinBox>("field:height");
        QTRY_COMPARE(QApplication::focusWidget(), height);
        QVERIFY2(!height->text().contains(QRegularExpression("\\d")), qPrintable(height->text()));
        QVERIFY(find<QLabel>("problem:height")->isVisible());
        QCOMPARE(find<QLabel>("problem:height")->text(), QString("Only you can know this: fill it in."));
        QTest::keyClicks(height, "1");
        QTRY_COMPARE(m_engine.questions.size(), 1);
        QCOMPARE(m_engine.values(), QString(R"({"height":1})"));
        m_engine.answer(sampleInspection({{"height", 1}}));

        // The form was made anew around the field; what was typed goes on where it stood.
        height = find<QDoubleSpinBox>("field:height");
        QCOMPARE(QApplication::focusWidget(), height);
        QTest::keyClicks(height, "28");
        QCOMPARE(height->value(), 128.0);
        QTest::keyClick(height, Qt::Key_Return); // now, without the pause
        QCOMPARE(m_engine.questions.size(), 1);
        m_engine.answer(sampleInspection({{"height", 128}}));
        QTest::keyClick(find<QDoubleSpinBox>("field:height"), Qt::Key_Tab);
        auto* width = find<QDoubleSpinBox>("field:width");
        width->setFocus();
        QTest::keyClicks(width, "64");
        QTest::keyClick(width, Qt::Key_Return);
        QCOMPARE(m_engine.values(), QString(R"({"height":128,"width":64})"));
        m_engine.answer(sampleInspection({{"height", 128}, {"width", 64}}));
        QVERIFY(canImport());
        QCOMPARE(reason(), QString("The file stays where it is and is not changed."));
        QTest::keyClick(find<QDoubleSpinBox>("field:width"), Qt::Key_Return);
        QCOMPARE(m_engine.questions[0].method, std::string("import.add"));
        QVERIFY(m_dialog->isVisible());
        m_engine.answer({{"kind", "model"}, {"name", "resnet18"}});
        QCOMPARE(imported.count(), 1);
        QVERIFY(!m_dialog->isVisible());
    }

    void escapeLeaves()
    {
        m_dialog->add(file("a.onnx"));
        QTest::keyClick(m_dialog.get(), Qt::Key_Escape);
        QVERIFY(!m_dialog->isVisible());
        m_dialog.reset();
        m_engine.answer(readyInspection()); // nobody is there any more
    }

    void findingsAndDetailsAreShown()
    {
        m_dialog->add(file("a.onnx"));
        m_engine.answer(sampleInspection());
        QCOMPARE(findings().size(), 2);
        QVERIFY(findings()[0].startsWith("The network subtracts")); // the warning before the information
        auto* toggle = find<QToolButton>("detailsToggle");
        QVERIFY(toggle->isVisible());
        QVERIFY(!find<QTableView>("detailTable")->isVisible());
        toggle->click();
        auto* table = find<QTableView>("detailTable");
        QVERIFY(table->isVisible());
        QCOMPARE(table->model()->rowCount(), 3);
    }

    void anUnknownFileIsSaidWithAHint()
    {
        m_dialog->add(file("photo.png"), "photo.png carries no evidence.");
        m_engine.answer(unknownInspection());
        QCOMPARE(findings(),
                 QStringList({"Nothing here recognises notes.txt.", "photo.png carries no evidence."}));
        QVERIFY(!canImport());
        QCOMPARE(reason(), QString("It is nothing that can be imported."));
        picture("import-unknown");
    }

    void aHostileFileShowsItsSentence()
    {
        m_dialog->add(file("bomb.npz"));
        m_engine.refuse("bomb.npz: unpacks to 4 TiB, at most 8 GiB are read. Unpack it yourself.");
        QCOMPARE(findings(),
                 QStringList("bomb.npz: unpacks to 4 TiB, at most 8 GiB are read. Unpack it yourself."));
        QVERIFY(!canImport());
        find<QPushButton>("importLook")->click();
        QCOMPARE(m_engine.questions.size(), 1);
    }

    void aLongWaitIsCountedAndStopped()
    {
        m_dialog->add(file("large.safetensors"));
        QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("importBusy")->text().startsWith("Looking at it · "), 10000);
        picture("import-busy");
        find<QPushButton>("importStop")->click();
        QCOMPARE(find<QLabel>("importBusy")->text(), QString("Stopped."));
        QVERIFY(!canImport());
    }

    void aValueThatIsNotAllowedBlocks()
    {
        m_dialog->add(file("a.onnx"));
        m_engine.answer(readyInspection());
        QVERIFY(canImport());
        auto* height = find<QDoubleSpinBox>("field:height");
        height->setValue(99999);
        QVERIFY(!canImport());
        QCOMPARE(reason(), QString("Mend the marked values first."));
        QVERIFY(m_engine.questions.isEmpty());
        height->setValue(32);
        QTRY_COMPARE(m_engine.questions.size(), 1);
    }

    void severalFilesAreImportedTogether()
    {
        QSignalSpy imported(m_dialog.get(), &ImportDialog::imported);
        for (const char* name : {"a.onnx", "b.pt", "c.txt"})
            m_dialog->add(file(name));
        auto* view = find<QListView>("importFiles");
        QVERIFY(view->isVisible());
        m_engine.answer(readyInspection());
        m_engine.answer(readyInspection());
        m_engine.answer(unknownInspection());
        auto* all = find<QPushButton>("importAll");
        QCOMPARE(all->text(), QString("Import all that are ready (2)"));
        view->setFocus();
        QTest::keyClick(view, Qt::Key_Down);
        QCOMPARE(m_dialog->currentRow(), 1);
        picture("import-several");
        all->click();
        QCOMPARE(m_engine.questions.size(), 2);
        m_engine.answer({{"kind", "model"}, {"name", "a"}});
        m_engine.answer({{"kind", "model"}, {"name", "b"}});
        QCOMPARE(imported.count(), 2);
        QVERIFY(m_dialog->isVisible()); // one is left
        QCOMPARE(m_dialog->currentRow(), 2);
        QCOMPARE(find<QPushButton>("importClose")->text(), QString("Close"));
    }

    void moreFilesCanBeDropped()
    {
        m_dialog->add(file("a.onnx"));
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(file("b.onnx"))});
        QDragEnterEvent enter(QPoint(40, 40), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_dialog.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(40, 40), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_dialog.get(), &drop);
        QCOMPARE(m_dialog->files().count(), 2);
    }

    void theWindowIsNeverKeptWaiting()
    {
        StallMeter meter;
        meter.start();
        m_dialog->add(file("a.onnx"));
        for (int i = 0; i < 20; ++i) {
            if (!m_engine.questions.isEmpty())
                m_engine.answer(i % 2 ? sampleInspection() : readyInspection());
            if (m_dialog->files().file(0).inspection.isRecognised()) {
                find<QLineEdit>("field:title")->setFocus();
                QTest::keyClicks(find<QLineEdit>("field:title"), "x");
            }
            QTest::qWait(20);
        }
        QVERIFY(meter.heartbeats() > 10);
        qInfo("longest wait %.1f ms, median %.2f ms", meter.longestMs(), meter.medianMs());
    }

    void everyControlHasAName()
    {
        m_dialog->add(file("a.onnx"));
        m_dialog->add(file("b.onnx"));
        m_engine.answer(sampleInspection());
        for (const QWidget* widget : m_dialog->findChildren<QWidget*>()) {
            if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible() || widget->focusProxy())
                continue;
            const auto* button = qobject_cast<const QAbstractButton*>(widget);
            const bool inside = widget->objectName().startsWith("qt_");
            QVERIFY2(
                inside || !widget->accessibleName().isEmpty() || (button && !button->text().isEmpty()) ||
                    qobject_cast<const QLabel*>(widget) || qobject_cast<const QScrollArea*>(widget),
                qPrintable(QString("%1 %2").arg(widget->metaObject()->className(), widget->objectName())));
        }
    }

    void itLooksRight_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::addColumn<QSize>("size");
        for (const bool dark : {false, true}) {
            const QByteArray name = dark ? "dark" : "light";
            QTest::newRow(name + "-usual") << dark << QSize();
            QTest::newRow(name + "-small") << dark << QSize(560, 480);
            QTest::newRow(name + "-large") << dark << QSize(1200, 900);
        }
    }

    void itLooksRight()
    {
        QFETCH(bool, dark);
        QFETCH(QSize, size);
        open(dark ? Theme::dark() : Theme::light());
        if (size.isValid())
            m_dialog->resize(size);
        m_dialog->add(file("resnet18-of-a-very-long-name-that-somebody-gave-it-with-dates-2026-11-22.onnx"));
        m_engine.answer(sampleInspection());
        find<QToolButton>("detailsToggle")->click();
        const QString name = QString("import-%1").arg(QTest::currentDataTag());
        QVERIFY(!picture(name).isNull());
        auto* scroll = find<QScrollArea>("importScroll");
        QTRY_VERIFY(scroll->widget()->width() <=
                    scroll->viewport()->width()); // nothing is cut off at the right
        scroll->verticalScrollBar()->setValue(scroll->verticalScrollBar()->maximum());
        picture(name + "-below");
        if (size.isValid())
            QCOMPARE(m_dialog->size(), size); // it can be that small
    }
};

QTEST_MAIN(GuiImportDialog)
#include "gui_import_dialog.moc"
