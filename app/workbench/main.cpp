#include "app/workbench/shell/command_line.h"
#include "app/workbench/shell/export_command.h"
#include "app/workbench/shell/main_window.h"
#include "backend/protocol/error.h"

#include <QApplication>

#include <cstdio>

using namespace assay;

namespace {

bool hasDisplay()
{
    return qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY") ||
           qEnvironmentVariableIsSet("QT_QPA_PLATFORM");
}

QStringList argumentsFrom(int argc, char** argv)
{
    QStringList words;
    for (int i = 1; i < argc; ++i)
        words << QString::fromLocal8Bit(argv[i]);
    return words;
}

void nameApplication()
{
    QApplication::setApplicationName(QStringLiteral("assay"));
    QApplication::setApplicationDisplayName(QStringLiteral("Assay"));
    QApplication::setApplicationVersion(QStringLiteral(ASSAY_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("org.assay.Assay"));
}

int exportRuns(int argc, char** argv, const QStringList& words)
{
    const workbench::ExportRequest request = workbench::parseExport(words);
    if (!hasDisplay())
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    nameApplication();
    return workbench::runExport(request);
}

int openWindow(int argc, char** argv, const QStringList& words)
{
    if (!hasDisplay())
        throw Error("there is no display to open a window on", "assay",
                    "Run studies with 'assay-cli run', or set DISPLAY");
    QApplication application(argc, argv);
    nameApplication();
    const workbench::WindowRequest request = workbench::parseWindow(words);
    widgets::DesktopFileDialogs dialogs;
    workbench::WindowOptions options;
    options.workspace = request.workspace;
    options.engine = request.engine;
    options.appearance = request.appearance;
    workbench::MainWindow window(std::move(options), dialogs);
    window.show();
    for (const QString& file : request.files)
        window.openFile(file);
    return QApplication::exec();
}

} // namespace

int main(int argc, char** argv)
{
    const QStringList words = argumentsFrom(argc, argv);
    try {
        if (words.contains(QLatin1String("--help")) || words.contains(QLatin1String("-h"))) {
            std::fputs(workbench::usage().toUtf8().constData(), stdout);
            return 0;
        }
        if (words.contains(QLatin1String("--version"))) {
            std::fputs("assay " ASSAY_VERSION "\n", stdout);
            return 0;
        }
        if (words.value(0) == QLatin1String("export"))
            return exportRuns(argc, argv, words.mid(1));
        return openWindow(argc, argv, words);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}
