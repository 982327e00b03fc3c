#pragma once

#include "widgets/studies/catalogue.h"
#include "widgets/theme/theme.h"

#include <QWidget>

namespace assay::widgets {

/// A document that looks at one thing of the library: the window holds it as a tab.
class BrowsingPage : public QWidget
{
    Q_OBJECT
public:
    /// "dataset", "model" or "compare", which is also the name of its icon, and what it looks at.
    const QString& kind() const { return m_kind; }
    const QString& name() const { return m_name; }
    virtual QString title() const = 0;
    virtual void setCatalogue(const Catalogue& catalogue) = 0;
    virtual void setTheme(const Theme& theme) = 0;
    /// @param problem why the engine cannot be asked, in a sentence; empty when it can
    virtual void setEngineProblem(const QString& problem) = 0;

Q_SIGNALS:
    void titleChanged();

protected:
    BrowsingPage(QString kind, QString name, QWidget* parent)
        : QWidget(parent)
        , m_kind(std::move(kind))
        , m_name(std::move(name))
    {}
    /// It looks at something else from now on.
    void rename(const QString& name) { m_name = name; }

private:
    const QString m_kind;
    QString m_name;
};

} // namespace assay::widgets
