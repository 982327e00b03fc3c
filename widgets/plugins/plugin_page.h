#pragma once

#include "widgets/plugins/plugin_entry.h"

#include <QScrollArea>

class QFormLayout;
class QLabel;
class QPushButton;

namespace assay::widgets {

/// Everything about one plugin, and what can be done with it.
class PluginPage : public QScrollArea
{
    Q_OBJECT
public:
    explicit PluginPage(QWidget* parent = nullptr);

    /// @param busy: an answer of the engine is awaited; nothing can be asked meanwhile.
    void showPlugin(const PluginEntry& entry, bool busy);
    void clear();

Q_SIGNALS:
    /// The file as it was shown may run, or is tried once more.
    void allowRequested(const assay::widgets::PluginEntry& entry);
    void enableRequested(const assay::widgets::PluginEntry& entry, bool enabled);
    void revealRequested(const QString& file);

private:
    void fillFacts();
    void addFact(const QString& name, const QString& value, const char* kind = "");

    PluginEntry m_entry;
    QLabel* m_title;
    QLabel* m_status;
    QLabel* m_summary;
    QLabel* m_problem; ///< the last error
    QPushButton* m_allow;
    QPushButton* m_enable;
    QPushButton* m_reveal;
    QFormLayout* m_facts;
};

} // namespace assay::widgets
