#include "plugins/calibration/shifted_tests.h"

#include "backend/protocol/error.h"

#include <torch/types.h>

#include <algorithm>

namespace assay::confidence {

namespace {

/// @throws Error when the data set does not tell domains apart.
const data::Attribute& domainOf(const data::Dataset& dataset, data::Split split)
{
    const data::Attribute* domain = dataset.samples(split).find("domain");
    if (!domain || !domain->codes.defined())
        throw Error("'domains' names some, but " + dataset.info().title + " does not say which is which",
                    "domains", "Choose a data set with an attribute 'domain', or leave 'domains' empty.");
    return *domain;
}

std::string joined(const std::vector<std::string>& names)
{
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

} // namespace

ShiftedTests::ShiftedTests(engine::RunContext& context, std::shared_ptr<const data::Dataset> dataset,
                           std::int64_t count, std::vector<std::string> domains)
    : m_context(context)
    , m_dataset(std::move(dataset))
    , m_count(count)
    , m_domains(std::move(domains))
{
    for (const std::string& domain : m_domains)
        if (idsIn(data::Split::Test, domain).size(0) == 0)
            throw Error("'" + domain + "' has no test images in " + m_dataset->info().title, "domains",
                        "Leave it out.");
    const torch::Tensor outside = idsOutside(data::Split::Test);
    if (outside.size(0) < 2)
        throw Error("'domains' names all that " + m_dataset->info().title +
                        " has, so that no images are left to fit on",
                    "domains", "Name only those that the models were not trained on.");
    m_clean = drawn(outside, "images");
}

torch::Tensor ShiftedTests::idsIn(data::Split split, const std::string& domain) const
{
    const data::Attribute& attribute = domainOf(*m_dataset, split);
    const auto it = std::ranges::find(attribute.values, domain);
    if (it == attribute.values.end())
        throw Error("'" + domain + "' is no domain of " + m_dataset->info().title, "domains",
                    "Known are: " + joined(attribute.values) + ".");
    return (attribute.codes == static_cast<std::int64_t>(it - attribute.values.begin())).nonzero().flatten();
}

torch::Tensor ShiftedTests::idsOutside(data::Split split) const
{
    torch::Tensor outside = torch::ones({m_dataset->size(split)}, torch::kBool);
    for (const std::string& domain : m_domains)
        outside.index_fill_(0, idsIn(split, domain), false);
    return outside.nonzero().flatten();
}

reporting::TestImages ShiftedTests::drawn(const torch::Tensor& ids, const std::string& stream) const
{
    const torch::Tensor order = torch::randperm(ids.size(0), m_context.generator(stream), torch::kInt64);
    const torch::Tensor chosen =
        ids.index_select(0, order.narrow(0, 0, std::min(m_count, ids.size(0)))).contiguous();
    return {chosen, m_dataset->images(data::Split::Test, chosen, m_context.device()),
            m_dataset->labels(data::Split::Test).index_select(0, chosen)};
}

reporting::TestImages ShiftedTests::under(const Shift& shift) const
{
    if (shift.natural())
        return drawn(idsIn(data::Split::Test, shift.id.substr(kDomainPrefix.size())), "images." + shift.id);
    return {m_clean.ids, shiftedImages(m_context, m_clean, shift), m_clean.y};
}

torch::Tensor ShiftedTests::trainingIds() const
{
    return idsOutside(data::Split::Train);
}

Json ShiftedTests::key(const char* what, const models::Model& model, const Shift& shift) const
{
    return {{"what", what},
            {"method", 2},
            {"model", model.card().sha256},
            {"dataset", m_dataset->hash()},
            {"seed", m_context.seed()},
            {"count", m_count}, // the draw depends on seed, count and domains alone
            {"domains", m_domains},
            {"shift", shift.id},
            {"severity", shift.severity}};
}

} // namespace assay::confidence
