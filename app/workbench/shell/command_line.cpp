#include "app/workbench/shell/command_line.h"

#include "backend/protocol/error.h"

#include <QDir>
#include <QProcess>
#include <QStandardPaths>

namespace assay::workbench {

namespace {

const char* const kSeeHelp = "See 'assay --help'";

/// Walks over the arguments; a value follows its option as the next word or after '='.
class CommandLineWords
{
public:
    explicit CommandLineWords(QStringList words)
        : m_words(std::move(words))
    {}
    bool next()
    {
        if (m_words.isEmpty())
            return false;
        m_word = m_words.takeFirst();
        const qsizetype equals =
            m_word.startsWith(QLatin1String("--")) ? m_word.indexOf(QLatin1Char('=')) : -1;
        m_attached = equals > 0 ? std::optional(m_word.mid(equals + 1)) : std::nullopt;
        if (equals > 0)
            m_word.truncate(equals);
        return true;
    }
    const QString& word() const { return m_word; }
    bool isOption() const { return m_word.startsWith(QLatin1Char('-')) && m_word.size() > 1; }
    QString value()
    {
        if (m_attached)
            return *m_attached;
        if (m_words.isEmpty())
            throw Error("a value must follow", m_word.toStdString(), kSeeHelp);
        return m_words.takeFirst();
    }
    double number(double low, double high)
    {
        const std::string where = m_word.toStdString();
        const QString text = value();
        bool ok = false;
        const double number = text.toDouble(&ok);
        if (!ok || number < low || number > high)
            throw Error("'" + text.toStdString() + "' is not a number from " +
                            QString::number(low).toStdString() + " to " + QString::number(high).toStdString(),
                        where);
        return number;
    }
    [[noreturn]] void refuse() const
    {
        throw Error("there is no such option", m_word.toStdString(), kSeeHelp);
    }

private:
    QStringList m_words;
    QString m_word;
    std::optional<QString> m_attached;
};

QStringList formats(const QString& list)
{
    QStringList chosen;
    const QStringList words = list.split(QLatin1Char(','), Qt::SkipEmptyParts);
    for (const QString& word : words) {
        const QString format = word.trimmed().toLower();
        if (!widgets::exportFormats().contains(format))
            throw Error("'" + format.toStdString() + "' is no format of figures", "--format",
                        "Choose from " + widgets::exportFormats().join(QStringLiteral(", ")).toStdString());
        chosen << format;
    }
    if (chosen.isEmpty())
        throw Error("no format was named", "--format",
                    "Choose from " + widgets::exportFormats().join(QStringLiteral(", ")).toStdString());
    return chosen;
}

} // namespace

QString defaultWorkspace()
{
    return QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) +
           QStringLiteral("/assay/demo");
}

WindowRequest parseWindow(const QStringList& arguments)
{
    WindowRequest request;
    QString command;
    CommandLineWords words(arguments);
    while (words.next()) {
        if (words.word() == QLatin1String("--workspace"))
            request.workspace = words.value();
        else if (words.word() == QLatin1String("--engine-command"))
            command = words.value();
        else if (words.word() == QLatin1String("--light"))
            request.appearance = ThemeKeeper::Choice::Light;
        else if (words.word() == QLatin1String("--dark"))
            request.appearance = ThemeKeeper::Choice::Dark;
        else if (words.isOption())
            words.refuse();
        else
            request.files << QDir().absoluteFilePath(words.word());
    }
    request.workspace =
        QDir().absoluteFilePath(request.workspace.isEmpty() ? defaultWorkspace() : request.workspace);
    request.engine = widgets::EngineClient::localEngine(request.workspace);
    if (!command.isEmpty()) {
        QStringList parts = QProcess::splitCommand(command);
        if (parts.isEmpty())
            throw Error("the command is empty", "--engine-command",
                        "Give for example \"ssh HOST assay-cli serve\"");
        request.engine.program = parts.takeFirst();
        request.engine.arguments = parts;
    }
    return request;
}

ExportRequest parseExport(const QStringList& arguments)
{
    ExportRequest request;
    request.options.figure.heightMm = 0;
    CommandLineWords words(arguments);
    while (words.next()) {
        if (words.word() == QLatin1String("--workspace"))
            request.workspace = words.value();
        else if (words.word() == QLatin1String("--to"))
            request.folder = words.value();
        else if (words.word() == QLatin1String("--report"))
            request.reports << words.value();
        else if (words.word() == QLatin1String("--document"))
            request.document = words.value();
        else if (words.word() == QLatin1String("--title"))
            request.title = words.value();
        else if (words.word() == QLatin1String("--format"))
            request.options.formats = formats(words.value());
        else if (words.word() == QLatin1String("--width-mm"))
            request.options.figure.widthMm = words.number(20, 1000);
        else if (words.word() == QLatin1String("--dpi"))
            request.options.figure.dpi = int(words.number(36, 2400));
        else if (words.isOption())
            words.refuse();
        else
            request.runs << words.word();
    }
    if (request.runs.isEmpty() && request.document.isEmpty())
        throw Error("no run was named", "assay export",
                    "Give the id of a run in the workspace, or its folder");
    if (!request.runs.isEmpty() && !request.document.isEmpty())
        throw Error("the report names its runs itself", "--document", "Leave out the runs, or the document");
    if (request.folder.isEmpty() && request.reports.isEmpty())
        throw Error("what to write is missing", "assay export",
                    "Add '--to DIR' for figures and tables, or '--report FILE' for a report");
    if (!request.folder.isEmpty() && !request.document.isEmpty())
        throw Error("a document is written as a report", "--to", "Use '--report FILE' instead");
    if (request.workspace.isEmpty())
        request.workspace = defaultWorkspace();
    return request;
}

QString usage()
{
    return QStringLiteral(
        "Assay puts vision models to the test.\n\n"
        "  assay [--workspace DIR] [--engine-command COMMAND] [--light|--dark] [FILE...]\n"
        "      Opens the window. FILE is an exported figure or a run's spec.json.\n"
        "      --workspace DIR           folder of models, data and runs; default: the demonstration\n"
        "      --engine-command COMMAND  how to start the engine, e.g. \"ssh HOST assay-cli serve\"\n"
        "      --light, --dark           appearance for this start\n\n"
        "  assay export RUN... --to DIR [--workspace DIR] [--format pdf,svg,png,csv] [--width-mm N] [--dpi "
        "N]\n"
        "      Writes the figures of past runs with their evidence, and their tables. Needs no display.\n"
        "      RUN is a run's id in the workspace, or its folder.\n\n"
        "  assay export RUN... --report OUT [--title TEXT]\n"
        "  assay export --document REPORT --report OUT\n"
        "      Writes a report: one page (OUT.html), pages to print (OUT.pdf), or a folder for LaTeX (any "
        "other "
        "OUT).\n"
        "      Of everything the runs show, or of a report of the workspace (its name, or its file).\n"
        "      --report may be given more than once.\n\n"
        "  assay --version | --help\n\n"
        "Without a display, studies run with 'assay-cli run'.\n");
}

} // namespace assay::workbench
