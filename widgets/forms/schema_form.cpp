#include "widgets/forms/schema_form.h"

#include "widgets/forms/field_row.h"
#include "widgets/forms/form_values.h"
#include "widgets/forms/wrap_layout.h"
#include "widgets/theme/theme.h"

#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QToolButton>
#include <QUndoStack>
#include <QVBoxLayout>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace assay::widgets {

using protocol::Field;

struct SchemaForm::Private
{
    explicit Private(SchemaForm* form)
        : q(form)
    {}

    SchemaForm* q;
    protocol::Schema schema;
    FormChoices choices;
    Json values = Json::object();
    std::vector<FieldRow*> rows;
    std::map<std::string, std::vector<Json>> offered;
    QWidget* content = nullptr;
    QToolButton* advanced = nullptr;
    QWidget* advancedContent = nullptr;
    QUndoStack stack;
    std::string editedField;
    int session = 0; ///< edits of one session are one step of undo
    Json base;       ///< the values when session `baseSession` began
    int baseSession = -1;
    bool pushing = false;
    bool valid = true;

    void clear();
    void build(const FormChoices& choices, Fields fields);
    void buildBar(const FormChoices& choices);
    void buildPage(const FormChoices& choices);
    void buildAdvanced(const std::vector<FieldRow*>& folded, int labelWidth, QVBoxLayout* layout);
    FieldRow* makeRow(const Field& field, const FormChoices& choices, bool live, QWidget* parent);
    void edit(FieldRow* row, Json value);
    void apply(const Json& next);
    void show();
    void check();
    void refreshIcons();
};

namespace {

/// Changes the values of a form from one state to another. Both are whole, because fields that take their
/// values from the edited one move with it.
class ChangeValues : public QUndoCommand
{
public:
    ChangeValues(std::function<void(const Json&)> apply, const Field& field, int session, Json before,
                 Json after)
        : m_apply(std::move(apply))
        , m_field(field.name)
        , m_session(session)
        , m_before(std::move(before))
        , m_after(std::move(after))
    {
        setText(SchemaForm::tr("Change %1").arg(QString::fromStdString(field.label)));
    }

    int id() const override { return 1; }
    void undo() override { m_apply(m_before); }
    void redo() override { m_apply(m_after); }
    bool mergeWith(const QUndoCommand* other) override
    {
        const auto* next = static_cast<const ChangeValues*>(other);
        if (next->m_session != m_session || next->m_field != m_field)
            return false;
        m_after = next->m_after;
        setObsolete(m_after == m_before);
        return true;
    }

private:
    std::function<void(const Json&)> m_apply;
    std::string m_field;
    int m_session;
    Json m_before;
    Json m_after;
};

QGridLayout* makeGrid(QWidget* parent, int labelWidth)
{
    const int em = parent->fontMetrics().height();
    auto* grid = new QGridLayout;
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(em / 2);
    grid->setVerticalSpacing(em * 3 / 8);
    grid->setColumnMinimumWidth(0, labelWidth);
    grid->setColumnStretch(1, 1);
    return grid;
}

/// Groups in the order of their first field, each with its fields; those without a group come first.
std::vector<std::pair<QString, std::vector<FieldRow*>>> grouped(const std::vector<FieldRow*>& rows)
{
    std::vector<std::pair<QString, std::vector<FieldRow*>>> groups{{QString(), {}}};
    for (FieldRow* row : rows) {
        const QString name = QString::fromStdString(row->field().group);
        auto it = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == name; });
        if (it == groups.end())
            it = groups.insert(groups.end(), {name, {}});
        it->second.push_back(row);
    }
    return groups;
}

void fill(QGridLayout* grid, QWidget* parent, const std::vector<FieldRow*>& rows, int labelWidth)
{
    const int em = parent->fontMetrics().height();
    int line = 0;
    for (const auto& [name, members] : grouped(rows)) {
        if (members.empty())
            continue;
        if (!name.isEmpty()) {
            auto* heading = new QLabel(name, parent);
            heading->setProperty("kind", QStringLiteral("heading"));
            heading->setTextFormat(Qt::PlainText);
            if (line > 0)
                grid->setRowMinimumHeight(line++, em / 4); // a row of its own: style sheets take margins away
            grid->addWidget(heading, line++, 0, 1, 3);
        }
        for (FieldRow* row : members)
            line = row->placeIn(grid, line, labelWidth);
    }
}

} // namespace

// -- building -----------------------------------------------------------------------------------------

FieldRow* SchemaForm::Private::makeRow(const Field& field, const FormChoices& choices, bool live,
                                       QWidget* parent)
{
    Field shown = field;
    // What a text takes from a field of choices is called there what it is called here.
    const Field* source = schema.find(field.valuesFrom);
    if (source && field.type == protocol::FieldType::Text && source->type == protocol::FieldType::Choice) {
        shown.choices = source->choices;
        shown.choiceLabels = source->choiceLabels;
    }
    auto* row = new FieldRow(shown, choices, live, parent);
    rows.push_back(row);
    QObject::connect(row->control(), &FieldControl::edited, q,
                     [this, row] { edit(row, row->control()->value()); });
    QObject::connect(row->control(), &FieldControl::settled, q, [this] { ++session; });
    QObject::connect(row, &FieldRow::resetRequested, q, [this, row] {
        ++session;
        edit(row, row->field().defaultValue);
        row->control()->setFocus();
    });
    return row;
}

void SchemaForm::Private::clear()
{
    for (FieldRow* row : rows)
        row->control()->disconnect(q);
    // A control that lost the focus in its destructor would call into what is no more of itself.
    if (content && content->focusWidget())
        content->focusWidget()->clearFocus();
    rows.clear();
    offered.clear();
    advanced = nullptr;
    advancedContent = nullptr;
    delete std::exchange(content, nullptr);
}

void SchemaForm::Private::build(const FormChoices& choices, Fields fields)
{
    clear();
    content = new QWidget(q);
    q->layout()->addWidget(content);
    if (fields == Fields::Live)
        buildBar(choices);
    else
        buildPage(choices);
    content->show(); // now, and not when the event loop comes round: the form knows its height at once
}

void SchemaForm::Private::buildBar(const FormChoices& choices)
{
    const int em = q->fontMetrics().height();
    auto* layout = new WrapLayout(em * 3 / 2, em / 2, content);
    for (const Field& field : schema.fields) {
        if (field.live)
            layout->addWidget(makeRow(field, choices, true, content)->makeCell(content));
    }
}

void SchemaForm::Private::buildPage(const FormChoices& choices)
{
    const int em = q->fontMetrics().height();
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(em / 2);
    std::vector<FieldRow*> open, folded;
    for (const Field& field : schema.fields) {
        if (!field.advanced)
            open.push_back(makeRow(field, choices, false, content));
    }
    const bool hasFolded =
        std::any_of(schema.fields.begin(), schema.fields.end(), [](const Field& f) { return f.advanced; });
    if (hasFolded)
        advancedContent = new QWidget(content);
    for (const Field& field : schema.fields) {
        if (field.advanced)
            folded.push_back(makeRow(field, choices, false, advancedContent));
    }
    int labelWidth = 0;
    for (const FieldRow* row : rows) {
        if (!row->control()->isWide())
            labelWidth = std::max(labelWidth, row->labelWidth());
    }
    labelWidth = std::min(labelWidth, em * 9); // longer labels wrap; the controls keep most of a side panel
    QGridLayout* grid = makeGrid(content, labelWidth);
    layout->addLayout(grid);
    fill(grid, content, open, labelWidth);
    if (hasFolded)
        buildAdvanced(folded, labelWidth, layout);
}

void SchemaForm::Private::buildAdvanced(const std::vector<FieldRow*>& folded, int labelWidth,
                                        QVBoxLayout* layout)
{
    advanced = new QToolButton(content);
    advanced->setObjectName(QStringLiteral("advanced"));
    advanced->setText(tr("Advanced (%1)").arg(folded.size()));
    advanced->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    advanced->setAutoRaise(true);
    advanced->setCheckable(true);
    advanced->setStyleSheet(QStringLiteral("QToolButton:checked { background: transparent; }"));
    QGridLayout* grid = makeGrid(advancedContent, labelWidth);
    advancedContent->setLayout(grid);
    fill(grid, advancedContent, folded, labelWidth);
    advancedContent->hide();
    layout->addWidget(advanced, 0, Qt::AlignLeft);
    layout->addWidget(advancedContent);
    QObject::connect(advanced, &QToolButton::toggled, q, [this](bool open) {
        advancedContent->setVisible(open);
        refreshIcons();
    });
    // Made after the fields it stands before, since it needs their number; the keyboard meets it in order.
    if (!folded.empty())
        QWidget::setTabOrder(advanced, folded.front()->control());
}

// -- editing ------------------------------------------------------------------------------------------

void SchemaForm::Private::edit(FieldRow* row, Json value)
{
    const Field& field = row->field();
    if (std::exchange(editedField, field.name) != field.name)
        ++session;
    // What follows the field is found from where it stood before the visit, not from where half a typed
    // list had put it.
    if (std::exchange(baseSession, session) != session)
        base = values;
    Json next = base;
    next[field.name] = std::move(value);
    followSources(schema, next);
    if (next == values)
        return;
    pushing = true;
    stack.push(new ChangeValues([this](const Json& v) { apply(v); }, field, session, values, next));
    pushing = false;
}

void SchemaForm::Private::apply(const Json& next)
{
    if (!pushing)
        ++session; // undone or redone: what comes next is another step
    const Json before = std::exchange(values, next);
    show();
    const bool live = differOnlyLive(schema, before, values);
    check();
    Q_EMIT q->edited(live);
}

void SchemaForm::Private::show()
{
    for (FieldRow* row : rows) {
        const Field& field = row->field();
        if (!field.valuesFrom.empty() || !field.partsFrom.empty()) {
            std::vector<Json> now = offeredValues(schema, field, values);
            const auto known = offered.find(field.name);
            if (known == offered.end() || known->second != now) {
                row->control()->setOffered(now);
                offered[field.name] = std::move(now);
            }
        }
        if (row->control()->value() != values[field.name])
            row->control()->setValue(values[field.name]);
        row->setIsDefault(values[field.name] == field.defaultValue);
    }
}

void SchemaForm::Private::check()
{
    auto problems = formProblems(schema, values);
    for (const Field& field : schema.fields) {
        const QString misfit = choices.misfit(field, values.value(field.name, Json()));
        if (!misfit.isEmpty())
            problems.try_emplace(field.name, misfit);
    }
    for (FieldRow* row : rows) {
        const auto it = problems.find(row->field().name);
        row->setProblem(it == problems.end() ? QString() : it->second);
        if (it != problems.end() && row->field().advanced && advanced)
            advanced->setChecked(true); // a problem out of sight cannot be mended
    }
    if (std::exchange(valid, problems.empty()) != problems.empty())
        Q_EMIT q->validityChanged(valid);
}

void SchemaForm::Private::refreshIcons()
{
    for (FieldRow* row : rows)
        row->refreshIcons();
    if (advanced) {
        const QString name =
            advanced->isChecked() ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right");
        advanced->setIcon(Theme::light().icon(name, q->palette().color(QPalette::PlaceholderText)));
    }
}

// -- the public face ----------------------------------------------------------------------------------

SchemaForm::SchemaForm(QWidget* parent)
    : QWidget(parent)
    , d(std::make_unique<Private>(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
}

SchemaForm::~SchemaForm()
{
    d->clear();
}

void SchemaForm::setSchema(const protocol::Schema& schema, const FormChoices& choices, Fields fields)
{
    d->schema = schema;
    d->choices = choices;
    d->build(choices, fields);
    d->refreshIcons();
    setValues(protocol::defaults(schema));
}

Json SchemaForm::values() const
{
    return d->valid ? protocol::validated(d->schema, d->values) : d->values;
}

void SchemaForm::setValues(const Json& values)
{
    d->stack.clear();
    d->editedField.clear();
    ++d->session;
    Json next = protocol::defaults(d->schema);
    for (const Field& field : d->schema.fields) {
        if (values.is_object() && values.contains(field.name))
            next[field.name] = values.at(field.name);
    }
    followSources(d->schema, next);
    d->values = std::move(next);
    d->show();
    d->check();
}

bool SchemaForm::isValid() const
{
    return d->valid;
}

void SchemaForm::setNotes(const std::map<std::string, QString>& notes)
{
    for (FieldRow* row : d->rows) {
        const auto it = notes.find(row->field().name);
        row->setNote(it == notes.end() ? QString() : it->second);
        if (it != notes.end() && row->field().advanced && d->advanced)
            d->advanced->setChecked(true);
    }
}

void SchemaForm::setOffered(const std::string& field, const std::vector<Json>& values)
{
    for (FieldRow* row : d->rows)
        if (row->field().name == field && row->field().valuesFrom.empty() && row->field().partsFrom.empty())
            row->control()->setOffered(values);
}

QUndoStack* SchemaForm::undoStack() const
{
    return &d->stack;
}

void SchemaForm::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange)
        d->refreshIcons();
}

} // namespace assay::widgets
