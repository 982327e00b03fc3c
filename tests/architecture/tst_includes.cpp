#include <QDirIterator>
#include <QFile>
#include <QHash>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

// Holds the plan of the house (README, "The rooms"): reads every include line of the product and fails on
// an arrow that is not allowed. The table is the plan; a new room or arrow is a decision made here.

namespace {

const QString kRoot = QStringLiteral(ASSAY_TEST_SOURCE_DIR);

/// Room -> rooms it may include. Every room may include itself.
const QHash<QString, QSet<QString>>& allowed()
{
    static const QSet<QString> ground = {"backend/protocol"};
    static const QSet<QString> base =
        ground + QSet<QString>{"backend/arrays",      "backend/imaging",   "backend/metrics",
                               "backend/calibration", "backend/data",      "backend/models",
                               "backend/poisoning",   "backend/encryption"};
    static const QSet<QString> middle = base + QSet<QString>{"backend/attacks", "backend/training"};
    static const QSet<QString> backend = middle + QSet<QString>{"backend/engine"};
    static const QHash<QString, QSet<QString>> table = {
        {"backend/protocol", {}},
        {"backend/arrays", ground},
        {"backend/imaging", ground},
        {"backend/metrics", ground + QSet<QString>{"backend/arrays"}},
        {"backend/calibration", ground + QSet<QString>{"backend/metrics", "backend/models"}},
        {"backend/data", ground + QSet<QString>{"backend/arrays", "backend/imaging"}},
        {"backend/poisoning", ground + QSet<QString>{"backend/arrays"}},
        {"backend/encryption", ground + QSet<QString>{"backend/arrays"}},
        {"backend/models", ground + QSet<QString>{"backend/arrays"}},
        {"backend/attacks", base},
        {"backend/training", base},
        {"backend/engine", middle},
        {"app/cli", backend},
        {"widgets/theme", ground},
        {"widgets/selection", ground},
        {"widgets/engine", ground},
        {"widgets/figures", ground + QSet<QString>{"widgets/theme", "widgets/selection"}},
        {"widgets/gallery", ground + QSet<QString>{"widgets/theme", "widgets/selection"}},
        {"widgets/canvas", ground + QSet<QString>{"widgets/theme"}},
        {"widgets/forms", ground + QSet<QString>{"widgets/theme"}},
        {"widgets/jobs", ground + QSet<QString>{"widgets/theme", "widgets/engine"}},
        {"widgets/studies",
         ground + QSet<QString>{"widgets/canvas", "widgets/theme", "widgets/selection", "widgets/engine",
                                "widgets/figures", "widgets/gallery", "widgets/forms", "widgets/jobs"}},
        {"widgets/importing", ground + QSet<QString>{"widgets/theme", "widgets/engine", "widgets/forms",
                                                     "widgets/jobs", "widgets/studies"}},
        {"widgets/plugins", ground + QSet<QString>{"widgets/theme", "widgets/engine", "widgets/studies"}},
        {"widgets/browsing",
         ground + QSet<QString>{"widgets/theme", "widgets/selection", "widgets/engine", "widgets/figures",
                                "widgets/gallery", "widgets/forms", "widgets/studies"}},
        {"widgets/report",
         ground + QSet<QString>{"widgets/theme", "widgets/selection", "widgets/engine", "widgets/figures",
                                "widgets/gallery", "widgets/studies", "widgets/browsing"}},
        {"app/workbench", ground + QSet<QString>{"widgets/theme", "widgets/selection", "widgets/engine",
                                                 "widgets/figures", "widgets/gallery", "widgets/forms",
                                                 "widgets/jobs", "widgets/studies", "widgets/importing",
                                                 "widgets/plugins", "widgets/browsing", "widgets/report"}},
    };
    return table;
}

/// Libraries that only the engine's side may include, and those that only the window's side may.
const QRegularExpression kEngineOnly(R"(^(torch|ATen|c10|caffe2|opencv2)/)");
const QRegularExpression kWindowOnly(
    R"(^(qcustomplot\.h|QtWidgets|QtGui|QWidget|QMainWindow|QApplication|QDialog|QPainter|QImage|QPixmap|imgui))");
/// Drawing into memory, which the image room needs for vector pictures.
const QRegularExpression kDrawing("^(QImage|QPainter)$");
/// Ground floor: shared by both programs, so it includes neither side's libraries.
const QSet<QString> kNeither = {"backend/protocol"};

struct Include
{
    QString file;
    int line = 0;
    QString path;
};

QString roomOf(const QString& path)
{
    if (path.startsWith("plugins/"))
        return path.section('/', 0, path.startsWith("plugins/examples/") ? 2 : 1);
    return path.section('/', 0, 1);
}

QList<Include> includesUnder(const QString& folder)
{
    static const QRegularExpression kLine("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"]");
    QList<Include> found;
    QDirIterator files(kRoot + '/' + folder, {"*.h", "*.cpp"}, QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QString path = files.next();
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly))
            qFatal("cannot read %s", qPrintable(path));
        int number = 0;
        for (const QString& line : QString::fromUtf8(file.readAll()).split('\n')) {
            ++number;
            if (const auto match = kLine.match(line); match.hasMatch())
                found.append({path.mid(kRoot.size() + 1), number, match.captured(1)});
        }
    }
    return found;
}

bool isEngineSide(const QString& room)
{
    return room.startsWith("backend/") || room.startsWith("plugins/") || room == "app/cli";
}

/// Why an include is not allowed, or empty.
QString objection(const Include& include)
{
    const QString room = roomOf(include.file);
    if (kEngineOnly.match(include.path).hasMatch() && (!isEngineSide(room) || kNeither.contains(room)))
        return "includes what only the engine may";
    const bool draws = room == "backend/imaging" && kDrawing.match(include.path).hasMatch();
    if (kWindowOnly.match(include.path).hasMatch() && isEngineSide(room) && !draws)
        return "includes what only the window may";
    static const QRegularExpression ours(R"(^(backend|widgets|plugins|app)/)");
    if (!ours.match(include.path).hasMatch())
        return {};
    const QString target = roomOf(include.path);
    if (target == room)
        return {};
    if (room.startsWith("plugins/"))
        return target.startsWith("backend/") ? QString() : "plugins may include only the backend";
    const auto row = allowed().constFind(room);
    if (row == allowed().constEnd())
        return "room " + room + " is not in the plan";
    return row->contains(target) ? QString() : room + " may not know " + target;
}

} // namespace

class TestIncludes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void arrowsFollowThePlan()
    {
        QStringList objections;
        int seen = 0;
        for (const char* folder : {"app", "backend", "plugins", "widgets"}) {
            for (const Include& include : includesUnder(folder)) {
                ++seen;
                if (const QString why = objection(include); !why.isEmpty()) {
                    objections << QString("%1:%2: %3 (%4)")
                                      .arg(include.file)
                                      .arg(include.line)
                                      .arg(include.path, why);
                }
            }
        }
        QVERIFY2(seen > 500, "the include lines were not found");
        QVERIFY2(objections.isEmpty(), qPrintable(objections.join('\n')));
    }

    void forbiddenArrowsAreSeen_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("path");
        QTest::addColumn<bool>("ok");
        QTest::newRow("window to torch") << "widgets/figures/a.h"
                                         << "torch/torch.h" << false;
        QTest::newRow("window to opencv") << "app/workbench/a.cpp"
                                          << "opencv2/core.hpp" << false;
        QTest::newRow("protocol to torch") << "backend/protocol/a.h"
                                           << "ATen/ATen.h" << false;
        QTest::newRow("engine to widgets") << "backend/engine/a.h"
                                           << "widgets/theme/theme.h" << false;
        QTest::newRow("engine to QWidget") << "backend/engine/a.h"
                                           << "QWidget" << false;
        QTest::newRow("backend to plugin") << "backend/engine/a.h"
                                           << "plugins/transfer/class_aware.h" << false;
        QTest::newRow("plugin to plugin") << "plugins/patches/a.h"
                                          << "plugins/transfer/class_aware.h" << false;
        QTest::newRow("plugin to app") << "plugins/transfer/a.h"
                                       << "app/cli/commands.h" << false;
        QTest::newRow("models to attacks") << "backend/models/a.h"
                                           << "backend/attacks/attack.h" << false;
        QTest::newRow("window to engine room") << "widgets/studies/a.h"
                                               << "backend/engine/study.h" << false;
        QTest::newRow("unknown room") << "widgets/dreams/a.h"
                                      << "backend/protocol/figure.h" << false;
        QTest::newRow("plugin to engine") << "plugins/transfer/a.h"
                                          << "backend/engine/study.h" << true;
        QTest::newRow("window to protocol") << "widgets/figures/a.h"
                                            << "backend/protocol/figure.h" << true;
        QTest::newRow("engine to torch") << "backend/attacks/a.h"
                                         << "torch/types.h" << true;
    }

    void forbiddenArrowsAreSeen()
    {
        QFETCH(QString, file);
        QFETCH(QString, path);
        QFETCH(bool, ok);
        QCOMPARE(objection({file, 1, path}).isEmpty(), ok);
    }
};

QTEST_GUILESS_MAIN(TestIncludes)
#include "tst_includes.moc"
