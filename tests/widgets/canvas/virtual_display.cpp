#include "virtual_display.h"

#include <QByteArray>

#include <cstdlib>

#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace assay::test {

namespace {

pid_t g_server = 0;

void endServer()
{
    kill(g_server, SIGTERM);
    waitpid(g_server, nullptr, 0);
}

[[noreturn]] void runServer(int reportTo)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM); // also when the test crashes
    const int nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, STDERR_FILENO);
    const QByteArray descriptor = QByteArray::number(reportTo);
    execlp("Xvfb", "Xvfb", "-displayfd", descriptor.constData(), "-screen", "0", "2000x1300x24", "-nolisten",
           "tcp", nullptr);
    _exit(127);
}

} // namespace

void useVirtualDisplay()
{
    int pipeEnds[2];
    if (pipe(pipeEnds) != 0)
        qFatal("no pipe for Xvfb");
    g_server = fork();
    if (g_server == 0) {
        close(pipeEnds[0]);
        runServer(pipeEnds[1]);
    }
    close(pipeEnds[1]);
    // Xvfb writes the number of its display when it is ready.
    QByteArray number;
    char c = 0;
    while (read(pipeEnds[0], &c, 1) == 1 && c != '\n')
        number.append(c);
    close(pipeEnds[0]);
    if (number.isEmpty())
        qFatal("Xvfb did not start; install the package xvfb");
    std::atexit(endServer);
    qputenv("DISPLAY", ":" + number);
    qputenv("QT_QPA_PLATFORM", "xcb");
    qputenv("LIBGL_ALWAYS_SOFTWARE", "1");
    qunsetenv("WAYLAND_DISPLAY");
}

} // namespace assay::test
