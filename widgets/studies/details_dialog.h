#pragma once

#include "widgets/studies/catalogue.h"

#include <QDialog>

class QFormLayout;

namespace assay::widgets {

/// The card of a model, a data set or an attack: what it is, where it came from, and the facts others rely
/// on.
class DetailsDialog : public QDialog
{
    Q_OBJECT
public:
    DetailsDialog(const ModelEntry& model, QWidget* parent);
    DetailsDialog(const DatasetEntry& dataset, QWidget* parent);
    DetailsDialog(const AttackEntry& attack, QWidget* parent);

private:
    void begin(const QString& heading, const QString& title, const QString& summary);
    void addFact(const QString& name, const QString& value, const char* kind = "");
    void end();

    QFormLayout* m_facts = nullptr;
};

} // namespace assay::widgets
