//! Groups of questions that mean the same.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
};

use encoder::Vector;
use tenancy::{MissId, Timestamp};

use super::{Cause, Miss};
use crate::{
    follow_up::stands_alone,
    text::{Algorithm, Terms, normal_form, words},
};

/// Questions with a larger cosine mean the same. Of pairs of questions about different entries of one company, one in
/// four thousand is above it.
const SAME_MEANING: f32 = 0.6;

/// Questions that share a larger part of their words mean the same, where a vector is missing.
const SAME_WORDS: f32 = 0.6;

tenancy::word_enum! {
    /// The order of groups.
    #[derive(Default)]
    pub enum Order {
        /// Those with the newest question first.
        #[default]
        Newest => "newest",
        /// Those with the most questions first; of equal ones, as for [`Order::Newest`].
        Frequent => "frequent",
    }
}

/// Questions that mean the same, oldest first. Never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Group(Vec<Miss>);

/// A place in a list of groups: the count and the newest question of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupPosition {
    /// The number of its questions.
    pub count: usize,
    /// Its newest question.
    pub newest: MissId,
}

impl Group {
    /// Returns the questions.
    pub fn misses(&self) -> &[Miss] {
        &self.0
    }

    /// Returns the id of the group, which is that of its oldest question.
    pub fn id(&self) -> Option<MissId> {
        self.0.first().map(|miss| miss.id)
    }

    /// Returns the wording that occurs most often; of equal ones the oldest.
    pub fn question(&self) -> &str {
        self.wordings().first().copied().unwrap_or_default()
    }

    /// Returns its wordings, each once, those that occur most often first; of equal ones the oldest first.
    pub fn wordings(&self) -> Vec<&str> {
        let (mut places, mut wordings): (HashMap<String, usize>, Vec<(usize, &str)>) = (HashMap::new(), Vec::new());
        for miss in &self.0 {
            let at = *places.entry(normal_form(&miss.question)).or_insert(wordings.len());
            match wordings.get_mut(at) {
                Some((count, _)) => *count += 1,
                None => wordings.push((1, &miss.question)),
            }
        }
        wordings.sort_by_key(|(count, _)| Reverse(*count));
        wordings.into_iter().map(|(_, wording)| wording).collect()
    }

    /// Returns the wordings that say by themselves what they are about, in the order of [`Group::wordings`]. A wording such
    /// as `and on Sunday?` must not be published, because it follows other questions too.
    pub fn publishable(&self) -> Vec<String> {
        self.wordings().into_iter().filter(|wording| stands_alone(wording)).map(str::to_owned).collect()
    }

    /// Returns the vector of [`Group::question`], if it was computed.
    pub fn vector(&self) -> Option<&Vector> {
        let question = self.question();
        self.0.iter().find(|miss| miss.question == question)?.vector.as_ref()
    }

    /// Returns why most of its questions count as unanswered; of equal causes, the one for which a visitor did most.
    pub fn why(&self) -> Cause {
        let graver = [Cause::Low, Cause::ThumbDown, Cause::Escalated];
        graver.into_iter().max_by_key(|cause| self.count(*cause)).unwrap_or(Cause::Low)
    }

    /// Counts the questions that count as unanswered for this cause.
    pub fn count(&self, cause: Cause) -> usize {
        self.0.iter().filter(|miss| miss.cause == cause).count()
    }

    /// Returns its place in a list.
    pub fn position(&self) -> Option<GroupPosition> {
        self.0.last().map(|newest| GroupPosition { count: self.0.len(), newest: newest.id })
    }
}

/// All groups of some questions, the one with the oldest question first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Groups(Vec<Group>);

/// What a question is compared by.
struct Features<'m> {
    form: String,
    /// The numbers of its terms, ascending, each once.
    terms: Vec<usize>,
    vector: Option<&'m Vector>,
}

impl<'m> Features<'m> {
    /// Reads a question. `numbers` has a number for each term so far.
    fn of(miss: &'m Miss, stems: Terms, numbers: &mut HashMap<String, usize>) -> Self {
        let mut terms = BTreeSet::new();
        words(&miss.question, |word| {
            let next = numbers.len();
            terms.extend(stems.of(word).map(|term| *numbers.entry(term.into_owned()).or_insert(next)));
        });
        let terms = terms.into_iter().collect();
        Self { form: normal_form(&miss.question), terms, vector: miss.vector.as_ref() }
    }

    /// Returns how much alike two questions are; `None` if they do not mean the same. Vectors decide, if both have one.
    fn likeness(&self, other: &Self) -> Option<f32> {
        let (alike, least) = match (self.vector, other.vector) {
            (Some(own), Some(other)) => (own.dot(other), SAME_MEANING),
            _ => (self.shared_words(other), SAME_WORDS),
        };
        (alike > least).then_some(alike)
    }

    /// Returns the share of their words that both have, 0 to 1.
    fn shared_words(&self, other: &Self) -> f32 {
        let number = |count: usize| u16::try_from(count).map_or(f32::MAX, f32::from);
        let all = self.terms.len() + other.terms.len();
        let (mut rest, mut both) = (other.terms.iter().peekable(), 0);
        for term in &self.terms {
            while rest.next_if(|other| *other < term).is_some() {}
            both += usize::from(rest.next_if_eq(&term).is_some());
        }
        if all == 0 { 0.0 } else { 2.0 * number(both) / number(all) }
    }
}

impl Groups {
    /// Groups questions, which are in the order in which they were asked.
    ///
    /// A question joins the group whose first question is most like it. So what is asked later does not change which
    /// questions were together before.
    pub fn of(misses: Vec<Miss>) -> Self {
        let places = {
            let (stems, mut numbers) = (Terms::new(Algorithm::English), HashMap::new());
            let features: Vec<_> = misses.iter().map(|miss| Features::of(miss, stems, &mut numbers)).collect();
            let (mut firsts, mut by_form): (Vec<&Features<'_>>, HashMap<&str, usize>) = (Vec::new(), HashMap::new());
            let mut places = Vec::with_capacity(features.len());
            for own in &features {
                let nearest = || {
                    let alike = firsts.iter().enumerate().filter_map(|(at, first)| Some((own.likeness(first)?, at)));
                    alike.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, at)| at)
                };
                let at = by_form.get(own.form.as_str()).copied().or_else(nearest);
                let at = at.unwrap_or_else(|| {
                    firsts.push(own);
                    firsts.len() - 1
                });
                by_form.entry(&own.form).or_insert(at);
                places.push(at);
            }
            places
        };
        let mut groups: Vec<Group> = Vec::new();
        for (miss, at) in misses.into_iter().zip(places) {
            match groups.get_mut(at) {
                Some(group) => group.0.push(miss),
                None => groups.push(Group(vec![miss])),
            }
        }
        Self(groups)
    }

    /// Returns the group that has this question.
    pub fn with(self, id: MissId) -> Option<Group> {
        self.0.into_iter().find(|group| group.0.iter().any(|miss| miss.id == id))
    }

    /// Keeps the groups with a question that was asked at this moment or later.
    #[must_use]
    pub fn since(mut self, from: Timestamp) -> Self {
        self.0.retain(|group| group.0.iter().any(|miss| miss.at >= from));
        self
    }

    /// Returns up to `limit` groups after a place, and whether there are more.
    pub fn page(self, order: Order, after: Option<GroupPosition>, limit: usize) -> (Vec<Group>, bool) {
        let key = |position: GroupPosition| match order {
            Order::Newest => Reverse((0, position.newest)),
            Order::Frequent => Reverse((position.count, position.newest)),
        };
        let place = |group: &Group| group.position().map(key);
        let mut groups = self.0;
        groups.retain(|group| after.is_none_or(|after| place(group) > Some(key(after))));
        groups.sort_by_key(place);
        let more = groups.len() > limit;
        groups.truncate(limit);
        (groups, more)
    }
}

#[cfg(test)]
mod tests {

    use proptest::prelude::*;
    use tenancy::SessionId;

    use super::*;

    fn miss(id: i64, question: &str, vector: Option<Vector>) -> Miss {
        Miss {
            id: MissId::new(id),
            session: SessionId::parse("TES001_00000000-0000-4000-8000-000000000000").unwrap(),
            seq: 2,
            cause: Cause::Low,
            question: question.to_owned(),
            at: Timestamp::from_micros(id),
            vector,
        }
    }

    /// Returns the vector in this direction, in degrees.
    fn at(degrees: f32) -> Option<Vector> {
        let mut values = [0.0; 384];
        (values[1], values[0]) = degrees.to_radians().sin_cos();
        Some(Vector::unit(&values))
    }

    fn ids(groups: &[Group]) -> Vec<Vec<i64>> {
        groups.iter().map(|group| group.0.iter().map(|miss| miss.id.get()).collect()).collect()
    }

    fn grouped(misses: Vec<Miss>) -> Vec<Vec<i64>> {
        ids(&Groups::of(misses).0)
    }

    #[test]
    fn vectors_decide_where_both_questions_have_one() {
        let (far, near) = (at(80.0), at(30.0));
        let questions = vec![miss(1, "Do you sell snow chains?", at(0.0)), miss(2, "Chains for winter", near)];
        assert_eq!(grouped(questions), [vec![1, 2]]);
        let questions = vec![miss(1, "Do you sell snow chains?", at(0.0)), miss(2, "Do you rent snow chains?", far)];
        assert_eq!(grouped(questions), [vec![1], vec![2]]);
    }

    #[test]
    fn words_decide_where_a_vector_is_missing() {
        let first = || miss(1, "Do you sell snow chains?", at(0.0));
        assert_eq!(grouped(vec![first(), miss(2, "Are snow chains sold?", None)]), [vec![1, 2]]);
        assert_eq!(grouped(vec![first(), miss(2, "Is snow expected?", None)]), [vec![1], vec![2]]);
        assert_eq!(grouped(vec![miss(1, "?", None), miss(2, "??", None)]), [vec![1, 2]]);
        assert_eq!(grouped(vec![miss(1, "what is it", None), miss(2, "who are you", None)]), [vec![1], vec![2]]);
    }

    #[test]
    fn the_same_wording_is_in_one_group_even_before_it_has_a_vector() {
        let questions = vec![miss(1, "Snow chains?", at(0.0)), miss(2, "Ice?", at(90.0)), miss(3, "snow CHAINS", None)];
        assert_eq!(grouped(questions), [vec![1, 3], vec![2]]);
    }

    #[test]
    fn a_question_joins_the_group_whose_first_question_is_most_like_it() {
        let questions = vec![miss(1, "a", at(0.0)), miss(2, "b", at(60.0)), miss(3, "c", at(40.0))];
        assert_eq!(grouped(questions), [vec![1], vec![2, 3]]);
    }

    #[test]
    fn a_group_is_called_by_its_commonest_wording() {
        let questions = [miss(1, "Chains for snow?", at(0.0)), miss(2, "snow chains", at(1.0))];
        let of = |more: Vec<Miss>| Groups::of([questions.to_vec(), more].concat()).with(MissId::new(2)).unwrap();
        assert_eq!(of(vec![]).question(), "Chains for snow?");
        let group = of(vec![miss(3, "Snow chains?", at(2.0))]);
        assert_eq!((group.id(), group.question()), (Some(MissId::new(1)), "snow chains"));
        assert_eq!(group.wordings(), ["snow chains", "Chains for snow?"]);
        assert_eq!(group.vector(), at(1.0).as_ref());
    }

    #[test]
    fn wordings_that_need_a_question_before_them_are_not_published() {
        let questions = vec![miss(1, "and on Sundays?", at(0.0)), miss(2, "Do you open on Sundays?", at(1.0))];
        let group = Groups::of(questions).with(MissId::new(1)).unwrap();
        assert_eq!(
            (group.question(), group.publishable()),
            ("and on Sundays?", vec!["Do you open on Sundays?".to_owned()])
        );
    }

    #[test]
    fn the_commonest_cause_says_why_and_of_equal_ones_the_one_for_which_a_visitor_did_most() {
        let why = |causes: &[Cause]| {
            let cause = |(id, cause): (i64, &Cause)| Miss { cause: *cause, ..miss(id, "snow", None) };
            Groups::of((1..).zip(causes).map(cause).collect()).with(MissId::new(1)).unwrap().why()
        };
        assert_eq!(why(&[Cause::Low, Cause::Escalated, Cause::Low]), Cause::Low);
        assert_eq!(why(&[Cause::Escalated, Cause::ThumbDown, Cause::Low]), Cause::Escalated);
        assert_eq!(why(&[Cause::ThumbDown, Cause::Low]), Cause::ThumbDown);
    }

    #[test]
    fn groups_are_old_if_each_of_their_questions_is() {
        let texts = ["snow", "ice", "snow", "rain"];
        let groups = Groups::of((1..).zip(texts).map(|(id, text)| miss(id, text, None)).collect());
        assert_eq!(ids(&groups.since(Timestamp::from_micros(3)).0), [vec![1, 3], vec![4]]);
    }

    #[test]
    fn groups_are_listed_by_their_newest_or_by_how_many_they_are() {
        let texts = ["snow", "ice", "snow", "rain", "ice", "snow"];
        let groups = || Groups::of((1..).zip(texts).map(|(id, text)| miss(id, text, None)).collect());
        let all = |order| ids(&groups().page(order, None, 9).0);
        assert_eq!(all(Order::Newest), [vec![1, 3, 6], vec![2, 5], vec![4]]);
        let pages = |order, first: &[i64], second: &[i64]| {
            let (page, more) = groups().page(order, None, 1);
            assert!(more && ids(&page) == [first]);
            let (page, more) = groups().page(order, page[0].position(), 1);
            assert!(more && ids(&page) == [second]);
            let (page, more) = groups().page(order, page[0].position(), 1);
            assert!(!more && ids(&page) == [[4]]);
            assert_eq!(groups().page(order, page[0].position(), 1), (Vec::new(), false));
        };
        pages(Order::Newest, &[1, 3, 6], &[2, 5]);
        pages(Order::Frequent, &[1, 3, 6], &[2, 5]);
    }

    proptest! {
        #[test]
        fn every_question_is_in_one_group_and_later_ones_move_none(
            texts in prop::collection::vec("(snow|ice|rain|chains|bike){1,2}( [a-d]{0,2}){0,2}", 0..30),
            degrees in prop::collection::vec(prop::option::of(0.0_f32..180.0), 30),
        ) {
            let misses: Vec<_> =
                (1..).zip(&texts).zip(&degrees).map(|((id, text), degrees)| miss(id, text, degrees.and_then(at))).collect();
            let all = grouped(misses.clone());
            let mut seen: Vec<_> = all.concat();
            seen.sort_unstable();
            prop_assert_eq!(seen, (1..).take(texts.len()).collect::<Vec<i64>>());
            let half = misses.len() / 2;
            let last = i64::try_from(half).unwrap();
            let early: Vec<Vec<i64>> = all
                .iter()
                .map(|group| group.iter().copied().filter(|id| *id <= last).collect::<Vec<_>>())
                .filter(|group| !group.is_empty())
                .collect();
            prop_assert_eq!(grouped(misses[..half].to_vec()), early);
        }
    }
}
