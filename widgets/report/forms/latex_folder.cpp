#include "widgets/report/forms/latex_folder.h"

#include "backend/protocol/error.h"
#include "backend/protocol/whole_file.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRandomGenerator>

namespace assay::widgets {

namespace {

const QString kMarker = QStringLiteral(".assay-report");

/// A name in @p parent that nothing has.
QString freshSibling(const QString& parent, const QString& name, const QString& kind)
{
    for (;;) {
        const quint32 number = QRandomGenerator::global()->generate();
        const QString path =
            QStringLiteral("%1/.%2.%3-%4").arg(parent, name, kind).arg(number, 8, 16, QLatin1Char('0'));
        if (!QFileInfo::exists(path))
            return path;
    }
}

bool isEmptyFolder(const QString& path)
{
    return QDir(path).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
}

void checkPlace(const QString& target)
{
    const QFileInfo there(target);
    if (!there.exists())
        return;
    if (!there.isDir())
        throw Error("a LaTeX report is a folder, and here is a file", target.toStdString(),
                    "Choose another name, or remove the file");
    if (!isEmptyFolder(target) && !QFileInfo::exists(target + QLatin1Char('/') + kMarker))
        throw Error("this folder holds files that are no LaTeX report of Assay; they are not replaced",
                    target.toStdString(), "Choose another name, or an empty folder");
}

} // namespace

LatexFolder::LatexFolder(const QString& target)
    // What a link leads to is replaced, not the link.
    : m_target(QFileInfo(target).exists() ? QFileInfo(target).canonicalFilePath()
                                          : QDir::cleanPath(QFileInfo(target).absoluteFilePath()))
    , m_parent(QFileInfo(m_target).path())
{
    checkPlace(m_target);
    const QString working = freshSibling(m_parent, QFileInfo(m_target).fileName(), QStringLiteral("writing"));
    if (!QDir().mkdir(working))
        throw Error("the folder cannot be made", m_target.toStdString(),
                    "Choose a folder that exists, and that you may write to");
    m_working = working;
}

LatexFolder::~LatexFolder()
{
    if (!m_working.isEmpty())
        QDir(m_working).removeRecursively();
}

void LatexFolder::write(const QString& name, const QByteArray& bytes)
{
    const QString path = m_working + QLatin1Char('/') + name;
    try {
        QDir().mkpath(QFileInfo(path).path());
        writeWhole(path, bytes);
    } catch (const Error& error) {
        throw Error(error.happened(), (m_target + QLatin1Char('/') + name).toStdString(), error.mend());
    }
    m_names << name;
}

QStringList LatexFolder::commit()
{
    write(kMarker,
          "This folder was written by Assay, which replaces it when the report is exported here again.\n");
    const auto refuse = [&] {
        throw Error("the folder cannot be put in its place", m_target.toStdString(),
                    "Close what uses it, or choose another name");
    };
    QString old;
    if (QFileInfo::exists(m_target)) {
        checkPlace(m_target);
        old = freshSibling(m_parent, QFileInfo(m_target).fileName(), QStringLiteral("before"));
        if (!QDir().rename(m_target, old))
            refuse();
    }
    if (!QDir().rename(m_working, m_target)) {
        if (!old.isEmpty())
            QDir().rename(old, m_target);
        refuse();
    }
    m_working.clear();
    if (!old.isEmpty())
        QDir(old).removeRecursively();
    QStringList files;
    for (const QString& name : m_names)
        files << m_target + QLatin1Char('/') + name;
    return files;
}

} // namespace assay::widgets
