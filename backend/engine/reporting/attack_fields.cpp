#include "backend/engine/reporting/attack_fields.h"

#include "backend/engine/reporting/table_rows.h"

#include <algorithm>

namespace assay::reporting {

namespace {

template <class T>
void sortedOnce(std::vector<T>& values)
{
    std::ranges::sort(values);
    const auto repeated = std::ranges::unique(values);
    values.erase(repeated.begin(), repeated.end());
}

std::string cellText(const Json& value)
{
    return value.is_string() ? value.get<std::string>() : value.dump();
}

} // namespace

AttackChoices attackChoices(Attacks which)
{
    AttackChoices choices;
    for (attacks::AttackInfo& info : attacks::attacks().list()) {
        if (which == Attacks::Gradient && !info.gradient)
            continue;
        choices.ids.push_back(info.id);
        choices.titles.push_back(info.title);
        choices.parameters.push_back({info.id, info.title, std::move(info.parameters.fields)});
    }
    return choices;
}

attacks::Budget AttackBudget::at(double radius, int count) const
{
    return {.norm = attacks::normFromName(norm),
            .eps = radius,
            .steps = count,
            .stepSize = stepSize,
            .queries = queries};
}

Json saidOf(const Json& attackParams, const std::string& id)
{
    const auto it = attackParams.find(id);
    return it == attackParams.end() ? Json::object() : *it;
}

std::unique_ptr<const attacks::Attack> AttackBudget::make(const std::string& id) const
{
    return attacks::attacks().make(id, saidOf(attackParams, id));
}

std::string normText(const std::string& norm)
{
    return norm == "linf" ? "L∞" : norm == "l2" ? "L2" : "L1";
}

std::string attackTitle(const std::string& id)
{
    for (const attacks::AttackInfo& info : attacks::attacks().list())
        if (info.id == id)
            return info.title;
    return id;
}

void sortUnique(std::vector<double>& values)
{
    sortedOnce(values);
}

void sortUnique(std::vector<int>& values)
{
    sortedOnce(values);
}

void keepFirsts(std::vector<std::string>& texts)
{
    std::vector<std::string> once;
    for (const std::string& text : texts)
        if (std::ranges::find(once, text) == once.end())
            once.push_back(text);
    texts = std::move(once);
}

void emitAttackParams(engine::RunContext& context, const AttackBudget& budget,
                      const std::vector<std::string>& used)
{
    protocol::Table table{.name = "attack-parameters",
                          .title = "What the attacks were told",
                          .caption = "Parameters beyond norm, ε, steps, step size and queries.",
                          .section = "Tables"};
    table.columns = {textColumn("attack", "Attack"), textColumn("parameter", "Parameter"),
                     textColumn("value", "Value"), textColumn("default", "Default")};
    std::vector<std::string> ids = used;
    keepFirsts(ids);
    for (const std::string& id : ids) {
        const protocol::Schema schema = attacks::attacks().info(id).parameters;
        const Json values = protocol::validated(schema, saidOf(budget.attackParams, id), id);
        for (const protocol::Field& field : schema.fields)
            TableRow(table) << id << field.name << cellText(values.at(field.name))
                            << cellText(field.defaultValue);
    }
    if (!table.columns.front().texts.empty())
        context.table(table);
    for (const auto& [id, said] : budget.attackParams.items())
        if (std::ranges::find(ids, id) == ids.end())
            context.log("The parameters set for '" + id + "' change nothing: this run does not use it.",
                        protocol::LogLevel::Warning);
}

} // namespace assay::reporting
