#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

namespace assay::widgets {

/// A folder that comes into being whole or not at all: written beside its place under another name, and
/// renamed by commit(). What is not committed is removed.
class LatexFolder
{
public:
    /// @throws Error when @p target is a file, or a folder with something in it that no LatexFolder wrote, or
    /// when the folder it would stand in cannot be written.
    explicit LatexFolder(const QString& target);
    ~LatexFolder();
    LatexFolder(const LatexFolder&) = delete;
    LatexFolder& operator=(const LatexFolder&) = delete;

    /// Writes FOLDER/@p name; flushed to the disk. @throws Error naming the file it would become.
    void write(const QString& name, const QByteArray& bytes);
    /// Puts the folder in its place; one that was there before goes. @returns the files in it.
    QStringList commit();

private:
    QString m_target, m_parent, m_working;
    QStringList m_names;
};

} // namespace assay::widgets
