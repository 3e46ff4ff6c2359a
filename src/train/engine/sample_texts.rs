impl Engine<'_> {
    /// Writes texts where the config wants them at this step.
    pub(super) fn sample_if_due(&mut self) -> Result<(), Break> {
        let step = self.desk.step;
        match self.plan.samples.every {
            Some(every) if step == Step(0) || step.is_multiple_of(every) => self.sample_or_warn(),
            Some(_) | None => Ok(()),
        }
    }

    /// Writes texts after the last step of a run that writes some now and then.
    pub(super) fn sample_at_end(&mut self) -> Result<(), Break> {
        match self.plan.samples.every {
            Some(_) => self.sample_or_warn(),
            None => Ok(()),
        }
    }

    fn sample_or_warn(&mut self) -> Result<(), Break> {
        if let Verdict::Rejected { why } = self.write_samples()? {
            self.desk.notice(Level::Warning, format!("no sample texts: {why}"))?;
        }
        Ok(())
    }

    /// Writes texts and says them. Lack of memory and the like are no end of a run.
    pub(super) fn write_samples(&mut self) -> Result<Verdict, Break> {
        self.desk.enter(Phase::Evaluating, Some("sample texts".into()))?;
        let begun = Instant::now();
        match self.texts() {
            Ok(Some(texts)) if texts.is_empty() => Ok(rejected(
                "no held-out row has a prompt that leaves room for samples.max_tokens tokens",
            )),
            Ok(Some(texts)) => {
                let (step, secs) = (self.desk.step, begun.elapsed().as_secs_f64());
                self.desk.emit(Event::Sampled { step, texts, secs })?;
                Ok(Verdict::Applied { old: None, new: None })
            }
            Ok(None) => Ok(rejected("the run was stopped meanwhile")),
            Err(error) => Ok(rejected(&error.to_string())),
        }
    }

    fn texts(&mut self) -> Result<Option<Vec<SampleText>>, TrainError> {
        let prepared = &mut self.prepared;
        let model = &prepared.trainer.model;
        let prompts = match prepared.prompts.take() {
            Some(prompts) => prompts,
            None => Prompts::of(&self.plan, &prepared.tokenizer, &prepared.held_out, model)?,
        };
        let desk = &mut *self.desk;
        let texts = prompts.write(model, &self.plan.samples, &mut || desk.is_urgent());
        prepared.prompts = Some(prompts);
        texts
    }
}

