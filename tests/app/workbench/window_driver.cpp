#include "window_driver.h"

#include "app/workbench/shell/document_tabs.h"
#include "widgets/engine/run_record.h"
#include "widgets/studies/study_document.h"

#include <QDir>
#include <QTest>

namespace assay::test {

void AnsweringDialogs::openFile(QWidget*, const QString& title, const QString&, PathHandler handler)
{
    asked << title;
    handler(path);
}

void AnsweringDialogs::saveFile(QWidget*, const QString& title, const QString&, const QString&,
                                PathHandler handler)
{
    asked << title;
    handler(path);
}

void AnsweringDialogs::chooseFolder(QWidget*, const QString& title, PathHandler handler)
{
    asked << title;
    handler(path);
}

void AnsweringDialogs::confirm(QWidget*, const QString& title, const QString&, const QString&, Handler agreed)
{
    asked << title;
    if (agrees)
        agreed();
}

WindowDriver::WindowDriver(QSize size, workbench::ThemeKeeper::Choice appearance)
    : m_size(size)
    , m_appearance(appearance)
{
    open();
}

WindowDriver::~WindowDriver()
{
    close();
}

void WindowDriver::open()
{
    workbench::WindowOptions options;
    options.workspace = workspace();
    options.engine = {QStringLiteral(ASSAY_TEST_BUILD_DIR "/bin/assay-cli"),
                      {"serve", "--workspace", workspace()}};
    options.program = QStringLiteral(ASSAY_TEST_BUILD_DIR "/bin/assay");
    options.preferences = m_folder.filePath("preferences.json");
    options.appearance = m_appearance;
    m_window = std::make_unique<workbench::MainWindow>(std::move(options), m_dialogs);
    m_window->resize(m_size);
    m_window->show();
}

void WindowDriver::close()
{
    if (m_window)
        m_window->close();
    m_window.reset();
}

void WindowDriver::reopen()
{
    close();
    open();
}

bool WindowDriver::waitForCatalogue()
{
    return QTest::qWaitFor([this] { return m_window->engine().catalogue().contains("studies"); }, 60000);
}

widgets::StudyDocument* WindowDriver::smallStudy()
{
    protocol::RunSpec spec;
    spec.study = "transfer.class-aware";
    spec.title = "Small";
    spec.params = {{"targets", {"fashion-cnn-early", "fashion-mlp"}},
                   {"count", 60},
                   {"eps", {1, 2}},
                   {"steps", 3},
                   {"distance_count", 20},
                   {"view_target", "fashion-mlp"}};
    return m_window->tabs().addDocument(spec);
}

bool WindowDriver::run(widgets::StudyDocument* document)
{
    document->run();
    return QTest::qWaitFor([document] { return document->record() && isFinal(document->record()->state()); },
                           180000) &&
           document->record()->state() == protocol::RunState::Finished;
}

void WindowDriver::settle(int ms)
{
    QTest::qWait(ms);
}

QImage WindowDriver::screenshot(const QString& name)
{
    const QString folder = QStringLiteral(ASSAY_TEST_BUILD_DIR "/screenshots");
    QDir().mkpath(folder);
    const QImage image = m_window->grab().toImage();
    image.save(folder + QLatin1Char('/') + name + QStringLiteral(".png"));
    return image;
}

} // namespace assay::test
