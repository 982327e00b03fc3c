#pragma once

#include "backend/protocol/json.h"

#include <QFile>
#include <QImage>
#include <QProcess>
#include <QString>
#include <QStringList>

namespace assay::test {

/// A browser that has read a page to its end.
struct Visit
{
    bool ended = false;
    QString messages; ///< what the page's console and the browser said
    QString html;     ///< the page as it stands after its scripts
    QImage picture;
    QStringList requests; ///< addresses beyond files and data that were asked for by the page
};

/// What the page asked for, by the browser's own log of requests; those the browser makes for itself have no
/// initiator.
inline QStringList requestsOf(const QString& log)
{
    QFile file(log);
    if (!file.open(QIODevice::ReadOnly))
        return {QStringLiteral("the log is missing")};
    const Json json = Json::parse(file.readAll().toStdString(), nullptr, false);
    if (!json.is_object())
        return {QStringLiteral("the log cannot be read")};
    QStringList found;
    for (const Json& event : json.at("events")) {
        const auto params = event.find("params");
        if (params == event.end() || !params->is_object() || !params->contains("url") ||
            !params->contains("initiator"))
            continue;
        const QString url = QString::fromStdString(params->at("url").get<std::string>());
        const std::string initiator = params->at("initiator").get<std::string>();
        if (initiator != "not an origin" && !url.startsWith(QStringLiteral("file:")) &&
            !url.startsWith(QStringLiteral("data:")))
            found << url;
    }
    return found;
}

/// Opens @p page in headless Chromium, with a profile and logs under @p folder, and @p more of its arguments.
inline Visit visitPage(const QString& page, const QString& folder, const QStringList& more = {})
{
    QProcess browser;
    const QString log = folder + QStringLiteral("/net.json"), picture = folder + QStringLiteral("/page.png");
    browser.start(QStringLiteral("chromium"),
                  QStringList{"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                              "--no-first-run", "--disable-background-networking",
                              "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
                              "--hide-scrollbars", "--window-size=1100,2400",
                              "--user-data-dir=" + folder + "/profile", "--log-net-log=" + log,
                              "--screenshot=" + picture, "--virtual-time-budget=3000"} +
                      more + QStringList{QStringLiteral("file://") + page});
    Visit result;
    result.ended = browser.waitForFinished(120000) && browser.exitStatus() == QProcess::NormalExit;
    result.messages = QString::fromUtf8(browser.readAllStandardError());
    result.html = QString::fromUtf8(browser.readAllStandardOutput());
    result.picture = QImage(picture);
    result.requests = requestsOf(log);
    return result;
}

/// What the page's console said: errors and refusals of its policy.
inline QStringList consoleOf(const Visit& visit)
{
    return visit.messages.split(QLatin1Char('\n')).filter(QStringLiteral("CONSOLE"));
}

} // namespace assay::test
