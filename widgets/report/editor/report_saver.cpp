#include "widgets/report/editor/report_saver.h"

#include "widgets/report/report_file.h"

#include <QDebug>

#include <exception>
#include <utility>

namespace assay::widgets {

namespace {

constexpr int kSaveAfterMs = 400;

/// Why the report could not be written; empty when it has been.
QString writeProblem(const Report& report, const QString& path)
{
    try {
        writeReport(report, path);
        return {};
    } catch (const std::exception& error) {
        return QString::fromUtf8(error.what());
    }
}

} // namespace

ReportSaver::ReportSaver(QString path, QObject* parent)
    : QObject(parent)
    , m_path(std::move(path))
{
    m_writer.setMaxThreadCount(1);
    m_later.setSingleShot(true);
    m_later.setInterval(kSaveAfterMs);
    connect(&m_later, &QTimer::timeout, this, &ReportSaver::write);
}

ReportSaver::~ReportSaver()
{
    if (!flush())
        qWarning().noquote() << m_problem;
}

void ReportSaver::saveLater(const Report& report)
{
    m_unsaved = report;
    m_written = false;
    m_later.start();
}

void ReportSaver::saveNow()
{
    m_later.stop();
    write();
}

void ReportSaver::write()
{
    const int number = ++m_asked;
    m_written = true;
    // The pool is waited for before this object goes.
    m_writer.start([this, number, report = m_unsaved, path = m_path] {
        const QString problem = report ? writeProblem(*report, path) : QString();
        QMetaObject::invokeMethod(
            this, [this, number, problem] { take(number, problem); }, Qt::QueuedConnection);
    });
}

void ReportSaver::take(int number, const QString& problem)
{
    if (number != m_asked)
        return;
    m_problem = problem;
    if (problem.isEmpty() && m_written)
        m_unsaved.reset();
    Q_EMIT settled();
}

bool ReportSaver::flush()
{
    m_later.stop();
    m_writer.waitForDone();
    if (!m_unsaved)
        return true;
    ++m_asked; // answers that are on their way are older
    m_problem = writeProblem(*m_unsaved, m_path);
    if (m_problem.isEmpty())
        m_unsaved.reset();
    return m_problem.isEmpty();
}

void ReportSaver::abandon()
{
    m_later.stop();
    m_writer.waitForDone();
    ++m_asked;
    m_unsaved.reset();
}

} // namespace assay::widgets
