#pragma once

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTest>

#include <map>
#include <string>
#include <vector>

namespace assay::test {

/// A row of a table by column name; numbers as they stand in the file.
using CsvRow = std::map<std::string, std::string>;

inline double number(const CsvRow& row, const std::string& column)
{
    return std::stod(row.at(column));
}

/// Runs a study the way a user does, through assay-cli, into a folder that the test reads.
class CliRun
{
public:
    /// @param workspace where the cache lies; @param folder new folder of the run.
    CliRun(const QString& workspace, const QString& folder, const QString& study, const QStringList& settings)
        : m_folder(folder)
    {
        QStringList arguments = {"run", study, "--workspace", workspace, "--out", folder, "--device", "cpu"};
        for (const QString& setting : settings)
            arguments << "--set" << setting;
        QProcess process;
        process.start(QStringLiteral(ASSAY_TEST_BUILD_DIR "/bin/assay-cli"), arguments);
        process.waitForFinished(-1);
        m_status = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
        m_error = process.readAllStandardError();
    }

    int status() const { return m_status; }
    const QByteArray& error() const { return m_error; } ///< what the command line said

    QByteArray file(const QString& name) const { return fileIn(m_folder, name); }

    /// metrics.json as name -> number.
    std::map<std::string, double> metrics() const
    {
        std::map<std::string, double> result;
        const QJsonObject object = QJsonDocument::fromJson(file("metrics.json")).object();
        for (auto it = object.begin(); it != object.end(); ++it)
            result[it.key().toStdString()] = it.value().toDouble();
        return result;
    }

    /// A table; quoted cells lose their quotes.
    std::vector<CsvRow> table(const QString& name) const { return tableIn(m_folder, name); }

    /// The same of a run made before.
    static std::vector<CsvRow> tableIn(const QString& folder, const QString& name)
    {
        std::vector<CsvRow> rows;
        const QStringList lines =
            QString::fromUtf8(fileIn(folder, "tables/" + name + ".csv")).split('\n', Qt::SkipEmptyParts);
        if (lines.isEmpty())
            return rows;
        const QStringList header = cellsOf(lines.first());
        for (qsizetype i = 1; i < lines.size(); ++i) {
            const QStringList cells = cellsOf(lines[i]);
            CsvRow row;
            for (qsizetype c = 0; c < header.size() && c < cells.size(); ++c)
                row[header[c].toStdString()] = cells[c].toStdString();
            rows.push_back(std::move(row));
        }
        return rows;
    }

private:
    static QByteArray fileIn(const QString& folder, const QString& name)
    {
        QFile file(folder + '/' + name);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    static QStringList cellsOf(const QString& line)
    {
        QStringList cells = {QString()};
        bool quoted = false;
        for (const QChar c : line.trimmed()) {
            if (c == '"')
                quoted = !quoted;
            else if (c == ',' && !quoted)
                cells.append(QString());
            else
                cells.last() += c;
        }
        return cells;
    }

    QString m_folder;
    int m_status = -1;
    QByteArray m_error;
};

} // namespace assay::test
